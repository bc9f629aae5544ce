import type { PerigeeError } from "../error.ts";
import { type Connection, openConnection } from "../postgres/connection.ts";
import { withSpan } from "../observe/trace.ts";
import type { ConnectionTarget } from "../postgres/target.ts";

/**
 * Longest statement of a run on the hub. Halved, an import of tens of millions of rows does not
 * finish; doubled, a stuck statement holds its locks for two hours.
 */
const statementTimeoutMs = 3_600_000;

/**
 * Memory for one sort or hash of a run. Runs are few at a time; at Postgres's default of 4 MB joins
 * of a million contacts spill to disk and take a third longer.
 */
const workMemory = "64MB";

/**
 * Runs `work` in one transaction on a connection of its own to the hub, for bulk work with TEMP
 * tables and COPY, and commits. The connection is gone afterwards: at once, with everything rolled
 * back, when `work` throws or `signal` aborts. `work` calls `requireLease` before it first writes to
 * a table that others see, which is what makes two daemons doing it at once safe.
 */
export function withHubTransaction<T>(
  hubTarget: ConnectionTarget,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const attributes = { "db.system.name": "postgresql", "db.namespace": hubTarget.database };
  const span = { name: "hub transaction", attributes, kind: "client" as const };
  return withSpan(span, () => runTransaction(hubTarget, signal, work));
}

async function runTransaction<T>(
  hubTarget: ConnectionTarget,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const connection = await openConnection(hubTarget);
  const stop = () => connection.destroy(signal.reason as PerigeeError);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await connection.sql.unsafe(`begin;
      set local statement_timeout = ${statementTimeoutMs};
      set local lock_timeout = ${Math.ceil(hubTarget.lockTimeoutMs)};
      set local idle_in_transaction_session_timeout = ${statementTimeoutMs};
      set local work_mem = '${workMemory}';
      set local timezone = 'UTC';
      set local datestyle = 'ISO, YMD';
      set local jit = off`);
    const result = await work(connection);
    await connection.sql.unsafe("commit");
    await connection.end();
    return result;
  } finally {
    signal.removeEventListener("abort", stop);
    connection.destroy();
  }
}
