import type { Sql } from "postgres";

import { PerigeeError } from "../error.ts";
import { ConnectionSlots, type PoolOptions, type PoolUsage } from "./connection_slots.ts";
import type { DriverSocket } from "./driver_socket.ts";
import { guardSql, type NativeQuery } from "./guarded_sql.ts";
import { startDriver } from "./session_driver.ts";
import type { ConnectionTarget } from "./target.ts";
import { openTransport, planTls } from "./transport.ts";

/** A few connections to one database, opened when they are needed. */
export interface Pool {
  readonly target: ConnectionTarget;
  /**
   * Runs each query on a free connection and each `begin` on one connection. Errors of the server
   * are the driver's own (`describeFailure`); those of connecting are `PerigeeError`s. Cursors
   * work inside `begin`; COPY belongs on `openConnection`.
   */
  readonly sql: Sql;
  /**
   * Runs `work` on one connection, which is broken at once when `signal` aborts: a statement that
   * hangs then fails with the signal's reason, and its transaction rolls back.
   */
  lend<T>(signal: AbortSignal, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Whether the last opened connection is encrypted; undefined while none was opened. */
  isSecured(): boolean | undefined;
  /** How its connections are used right now. */
  usage(): PoolUsage;
  /** Refuses new work, waits for what runs, and after `timeoutMs` (5 s) breaks what is left. */
  close(timeoutMs?: number): Promise<void>;
}

/**
 * Makes a pool and opens nothing yet. A query waits for a free connection at most as long as the
 * target's connect and statement timeouts together, and then rejects with PG292. It is our own
 * and not the driver's, because that one breaks on connections that are lost at a bad moment
 * (docs/decisions/0003-own-the-sockets.md).
 */
export function openPool(target: ConnectionTarget, options: PoolOptions): Pool {
  const slots = new ConnectionSlots(target, options);
  const sql = guardSql(makeBuilder(target), {
    run: (query) => void runPooled(slots, query),
    scope: (body) => body(),
    begin: (mode, body) => beginPooled(slots, mode, body),
    reserve: () => reservePooled(slots),
  });
  return {
    target,
    sql,
    lend: (signal, work) => lendPooled(slots, signal, work),
    isSecured: () => slots.isSecured,
    usage: () => slots.usage,
    close: (timeoutMs = 5_000) => slots.close(timeoutMs),
  };
}

/** A driver that only makes queries and fragments. It opens a socket to cancel, and for no more. */
function makeBuilder(target: ConnectionTarget): Sql {
  return startDriver(target, {}, async () => {
    const [use = "never"] = planTls(target.ssl.mode, target.host);
    const { socket } = await openTransport(target, use);
    return socket as unknown as DriverSocket;
  });
}

async function runPooled(slots: ConnectionSlots, query: NativeQuery): Promise<void> {
  const misuse = findMisuse(query);
  if (misuse !== undefined) return query.reject(misuse);
  try {
    const connection = await slots.acquire();
    const { resolve, reject } = query;
    // Deferred: the session says how its transaction stands only after the query is settled.
    const giveBack = () => void setImmediate(() => slots.release(connection));
    query.resolve = (value) => (giveBack(), resolve(value));
    query.reject = (error) => (renewIfReadOnly(slots, error), giveBack(), reject(error));
    connection.adopt(query);
  } catch (error) {
    query.reject(error);
  }
}

/** After a fail-over the address leads to a primary again, but sessions with the standby stay. */
function renewIfReadOnly(slots: ConnectionSlots, error: unknown): void {
  if ((error as { code?: unknown } | undefined)?.code === "25006") slots.renew();
}

async function lendPooled<T>(
  slots: ConnectionSlots,
  signal: AbortSignal,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const connection = await slots.acquire();
  const breakOff = () => connection.destroy(signal.reason as PerigeeError);
  signal.addEventListener("abort", breakOff, { once: true });
  try {
    signal.throwIfAborted();
    return await work(connection.sql);
  } catch (error) {
    renewIfReadOnly(slots, error);
    throw error;
  } finally {
    signal.removeEventListener("abort", breakOff);
    // Deferred, as in `runPooled`.
    setImmediate(() => slots.release(connection));
  }
}

function findMisuse(query: NativeQuery): PerigeeError | undefined {
  if (!query.streaming && query.cursorFn === undefined) return undefined;
  return new PerigeeError("A pool's connection cannot be lent to a COPY or a cursor", {
    kind: "internal",
    code: "PG291",
    advice: "Use a cursor inside begin, and openConnection for COPY.",
  });
}

async function beginPooled(
  slots: ConnectionSlots,
  mode: string,
  body: (sql: Sql) => unknown,
): Promise<unknown> {
  const connection = await slots.acquire();
  try {
    const begin = connection.sql.begin as unknown as BeginWithMode;
    return await begin(mode, body);
  } catch (error) {
    renewIfReadOnly(slots, error);
    throw error;
  } finally {
    slots.release(connection);
  }
}

type BeginWithMode = (mode: string, body: (sql: Sql) => unknown) => Promise<unknown>;

async function reservePooled(slots: ConnectionSlots): Promise<Sql> {
  const connection = await slots.acquire();
  let isReleased = false;
  const release = () => {
    if (isReleased) return;
    isReleased = true;
    slots.release(connection);
  };
  return new Proxy(connection.sql, {
    get: (target, name) => name === "release" ? release : Reflect.get(target, name),
  });
}
