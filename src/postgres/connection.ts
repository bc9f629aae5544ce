import type { Sql } from "postgres";

import { DriverSocket, type TransactionStatus } from "./driver_socket.ts";
import { describeFailure, makeFailure } from "./failure.ts";
import { guardSql, type NativeHandler, type NativeQuery } from "./guarded_sql.ts";
import { watchLine } from "./line_watch.ts";
import { startDriver } from "./session_driver.ts";
import type { ConnectionTarget } from "./target.ts";
import { type OpenTransport, openTransport, type PeerCertificate, planTls } from "./transport.ts";
import type { PerigeeError } from "../error.ts";

/**
 * One session with one server, which lives once: it never reconnects. When the link breaks, or
 * `destroy` is called, whatever runs on it and whatever is asked of it afterwards rejects with the
 * same `PerigeeError`. Nothing on it hangs and nothing is thrown out of reach.
 */
export interface Connection {
  readonly target: ConnectionTarget;
  /** Queries one after the other. Errors of the server are the driver's own (`describeFailure`). */
  readonly sql: Sql;
  readonly isEncrypted: boolean;
  /** The server's certificate passed the check of verify-ca or verify-full. */
  readonly isVerified: boolean;
  readonly peerCertificate: PeerCertificate | undefined;
  /** False from the moment at which the link broke or was closed. */
  readonly isAlive: boolean;
  /** Where the session stood at the end of the last statement. */
  readonly transactionStatus: TransactionStatus;
  /** Settles, never rejects, with the reason when the connection is over. */
  readonly died: Promise<PerigeeError>;
  /** Breaks the link at once, which frees the server's backend and rolls back. Never hangs. */
  destroy(reason?: PerigeeError): void;
  /** Lets what runs finish for at most 5 s, says good-bye, and destroys what is left. */
  end(): Promise<void>;
  /** Runs a query that another connection's `sql` made, as if it were made here; for pools. */
  adopt(query: NativeQuery): void;
  /** Lets bytes flow again where the driver stopped them for a COPY reader that has ended. */
  resume(): void;
}

/** What can be said about a connection besides its target. */
export interface ConnectionOptions {
  /** `perigee <target's name>` where absent. */
  readonly applicationName?: string;
  /** Hears every NOTIFY that reaches the session. Must not throw. */
  readonly onNotify?: (channel: string, payload: string) => void;
  /** How often it is looked whether an answer that does not come is lost; see `watchLine`. */
  readonly lineCheckMs?: number;
}

/**
 * At this pace a line that swallows everything is given up within a minute. A shorter one asks the
 * server more often about statements that merely take long.
 */
const defaultLineCheckMs = 15_000;

/** How long `end` waits for running statements. Longer delays every shutdown by as much. */
const endLimitSeconds = 5;

/**
 * Connects and logs in, within the target's connect timeout for each of TCP with TLS and the login.
 * Throws a `PerigeeError` of the failure table (PG2xx) and leaves nothing behind.
 */
export async function openConnection(
  target: ConnectionTarget,
  options: ConnectionOptions = {},
): Promise<Connection> {
  const attempts = planTls(target.ssl.mode, target.host);
  for (const use of attempts.slice(0, -1)) {
    try {
      return await logIn(target, await openTransport(target, use), options);
    } catch (error) {
      if (!mayTryOtherWay(error as PerigeeError)) throw error;
    }
  }
  const last = attempts.at(-1) ?? "never";
  return await logIn(target, await openTransport(target, last), options);
}

/** libpq tries the other way (with or without TLS) when TLS or the login is refused this way. */
function mayTryOtherWay(error: PerigeeError): boolean {
  return error.code === "PG205" || error.code === "PG206" || error.code === "PG207" ||
    error.code === "PG211";
}

async function logIn(
  target: ConnectionTarget,
  transport: OpenTransport,
  options: ConnectionOptions,
): Promise<Connection> {
  const session = new Session(target, transport, options);
  const limit = setTimeout(
    () => session.destroy(makeFailure("PG203", { doing: "log in", target })),
    Math.max(1, target.connectTimeoutMs),
  );
  try {
    const [row] = await session.sql.unsafe<{ pid: number }[]>("select pg_backend_pid() as pid");
    session.watch(row?.pid ?? 0, options.lineCheckMs ?? defaultLineCheckMs);
    return session;
  } catch (error) {
    session.destroy();
    throw describeFailure(error, { doing: "log in", target });
  } finally {
    clearTimeout(limit);
  }
}

class Session implements Connection {
  readonly target: ConnectionTarget;
  readonly sql: Sql;
  readonly isEncrypted: boolean;
  readonly isVerified: boolean;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly died: Promise<PerigeeError>;
  readonly #socket: DriverSocket;
  readonly #native: Sql;
  /** What must be told when the link breaks: queries that the driver holds, and open scopes. */
  readonly #pending = new Set<{ reject(error: unknown): void }>();
  #death: PerigeeError | undefined;
  #isEnding = false;
  #isGiven = false;

  constructor(target: ConnectionTarget, transport: OpenTransport, options: ConnectionOptions) {
    this.target = target;
    this.isEncrypted = transport.isEncrypted;
    this.isVerified = transport.isVerified;
    this.peerCertificate = transport.peerCertificate;
    let tell: (reason: PerigeeError) => void = () => undefined;
    this.died = new Promise((resolve) => tell = resolve);
    this.#socket = new DriverSocket(transport.socket, target.host, (cause, sqlstate) => {
      this.#death = nameDeath(target, cause, sqlstate, this.#isEnding);
      this.#rejectPending(this.#death);
      tell(this.#death);
      return this.#death;
    });
    this.#native = startDriver(target, options, () => this.#giveSocket());
    this.sql = guardSql(this.#native, {
      run: (query, native) => this.#run(query, native),
      scope: (body) => this.#scope(body),
    });
  }

  get isAlive(): boolean {
    return this.#death === undefined && !this.#isEnding;
  }

  get transactionStatus(): TransactionStatus {
    return this.#socket.transactionStatus;
  }

  destroy(reason?: PerigeeError): void {
    this.#socket.destroy(reason ?? makeFailure("PG290", { doing: "go on", target: this.target }));
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#death === undefined) await this.#native.end({ timeout: endLimitSeconds });
    this.destroy();
  }

  adopt(query: NativeQuery): void {
    // A query that is only made and never awaited is never run; it carries the driver's handler.
    (this.sql.unsafe("") as unknown as NativeQuery).handler(query);
  }

  resume(): void {
    this.#socket.resume();
  }

  /** From now on a line that is silent when the server, too, waits for us is broken off. */
  watch(pid: number, everyMs: number): void {
    // A pooler's client has no backend of its own about which the server could be asked.
    if (this.target.isPooled || everyMs <= 0) return;
    const probe = () => openConnection(this.target, { lineCheckMs: 0 });
    const stop = watchLine({ line: this.#socket, pid, target: this.target, everyMs, probe });
    void this.died.then(stop);
  }

  /** The driver asks for a second socket to cancel a statement, and to reconnect, which is over. */
  async #giveSocket(): Promise<DriverSocket> {
    if (this.#death !== undefined) throw this.#death;
    if (!this.#isGiven) {
      this.#isGiven = true;
      return this.#socket;
    }
    const { socket } = await openTransport(this.target, this.isEncrypted ? "always" : "never");
    return socket as unknown as DriverSocket;
  }

  #run(query: NativeQuery, native: NativeHandler): void {
    if (this.#death !== undefined) return query.reject(this.#death);
    this.#pending.add(query);
    const { resolve, reject } = query;
    query.resolve = (value) => (this.#pending.delete(query), resolve(value));
    query.reject = (error) => (this.#pending.delete(query), reject(error));
    native(query);
  }

  async #scope<T>(body: () => Promise<T>): Promise<T> {
    if (this.#death !== undefined) throw this.#death;
    let entry = { reject: (_error: unknown): void => undefined };
    const death = new Promise<never>((_resolve, reject) => entry = { reject });
    this.#pending.add(entry);
    try {
      return await Promise.race([body(), death]);
    } finally {
      this.#pending.delete(entry);
    }
  }

  #rejectPending(reason: PerigeeError): void {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const one of pending) one.reject(reason);
  }
}

function nameDeath(
  target: ConnectionTarget,
  cause: Error | undefined,
  sqlstate: string | undefined,
  isEnding: boolean,
): PerigeeError {
  const what = { doing: "go on", target };
  if (isEnding) return makeFailure("PG290", what);
  if (sqlstate !== undefined) {
    return describeFailure({ name: "PostgresError", code: sqlstate, message: "" }, what);
  }
  return describeFailure(cause ?? { code: "CONNECTION_CLOSED" }, what);
}
