import { PerigeeError } from "../error.ts";
import { type Connection, openConnection } from "./connection.ts";
import { describeTarget, makeFailure } from "./failure.ts";
import type { ConnectionTarget } from "./target.ts";

/** Limits of a pool. */
export interface PoolOptions {
  /** The most connections that are open at once. */
  readonly max: number;
  readonly applicationName?: string;
}

/**
 * An idle connection is closed after this. Shorter costs logins at quiet times; longer holds
 * connections at customers' servers, which have few, and meets the idle limits of firewalls.
 */
const idleLimitMs = 60_000;

/** A connection is replaced at this age, so that load moves to where an address points by now. */
const ageLimitMs = 45 * 60_000;

/** How the connections of a pool are used, those that are being opened as in use. */
export interface PoolUsage {
  readonly inUse: number;
  readonly idle: number;
  /** Callers that wait for a connection to become free. */
  readonly waiting: number;
  readonly max: number;
}

interface Waiter {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

interface IdleConnection {
  readonly connection: Connection;
  readonly timer: NodeJS.Timeout;
}

/**
 * Hands out at most `max` connections to one database, first come, first served, each to one user
 * at a time. A connection that broke, that is inside a transaction when it comes back, or that is
 * old, is dropped and not handed out again.
 */
export class ConnectionSlots {
  /** Whether the connection that was opened last is encrypted. */
  isSecured: boolean | undefined;
  readonly #target: ConnectionTarget;
  readonly #options: PoolOptions;
  readonly #idle: IdleConnection[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #open = new Map<Connection, number>();
  #opening = 0;
  #closed: (() => void) | undefined;
  #isClosing = false;

  constructor(target: ConnectionTarget, options: PoolOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** How the connections are used right now. */
  get usage(): PoolUsage {
    const idle = this.#idle.length;
    const waiting = this.#waiting.length;
    return { inUse: this.#open.size - idle + this.#opening, idle, waiting, max: this.#options.max };
  }

  /** A connection for the caller alone, who must give it to `release`. Throws PG2xx. */
  async acquire(): Promise<Connection> {
    if (this.#isClosing) {
      throw makeFailure("PG290", { doing: "use the pool", target: this.#target });
    }
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      clearTimeout(entry.timer);
      if (entry.connection.isAlive) return entry.connection;
    }
    if (this.#open.size + this.#opening < this.#options.max) return await this.#openOne();
    return await this.#wait();
  }

  /** Takes a connection back, and hands it on or keeps it for `idleLimitMs`. */
  release(connection: Connection): void {
    const openedAt = this.#open.get(connection) ?? 0;
    const isOld = performance.now() - openedAt > ageLimitMs;
    if (!connection.isAlive || connection.transactionStatus !== "idle" || isOld) {
      if (this.#isClosing || isOld) void connection.end();
      else connection.destroy();
      return this.#forget(connection);
    }
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      clearTimeout(waiter.timer);
      return waiter.resolve(connection);
    }
    if (this.#isClosing) return void connection.end().then(() => this.#forget(connection));
    const timer = setTimeout(() => this.#dropIdle(connection), idleLimitMs);
    timer.unref?.();
    this.#idle.push({ connection, timer });
  }

  /**
   * Replaces every connection that is open now, once it is free. For sessions that take no writes: they
   * go on like that when the server behind their address does again.
   */
  renew(): void {
    for (const connection of this.#open.keys()) this.#open.set(connection, -Infinity);
    for (const { connection, timer } of [...this.#idle]) {
      clearTimeout(timer);
      this.#dropIdle(connection);
    }
  }

  /** Refuses and rejects what waits, lets what is handed out come back, then breaks the rest. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    const reason = makeFailure("PG290", { doing: "use the pool", target: this.#target });
    for (const waiter of this.#waiting.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.reject(reason);
    }
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      void connection.end().then(() => this.#forget(connection));
    }
    const emptied = new Promise<void>((resolve) => this.#closed = resolve);
    this.#tellWhenEmpty();
    const limit = setTimeout(() => this.#breakAll(), timeoutMs);
    await emptied;
    clearTimeout(limit);
  }

  async #openOne(): Promise<Connection> {
    this.#opening += 1;
    try {
      const { applicationName } = this.#options;
      const named = applicationName === undefined ? {} : { applicationName };
      const connection = await openConnection(this.#target, named);
      this.isSecured = connection.isEncrypted;
      this.#open.set(connection, performance.now());
      void connection.died.then(() => this.#forget(connection));
      return connection;
    } finally {
      this.#opening -= 1;
      this.#serveNext();
      this.#tellWhenEmpty();
    }
  }

  #wait(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const { connectTimeoutMs, statementTimeoutMs } = this.#target;
      const limitMs = statementTimeoutMs > 0 ? connectTimeoutMs + statementTimeoutMs : undefined;
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(this.#describeWait(limitMs));
      };
      const timer = limitMs === undefined ? undefined : setTimeout(giveUp, limitMs);
      const waiter: Waiter = { resolve, reject, timer };
      this.#waiting.push(waiter);
    });
  }

  #describeWait(limitMs: number | undefined): PerigeeError {
    const { max } = this.#options;
    return new PerigeeError(
      `None of ${max} connections to ${describeTarget(this.#target)} became free in ${limitMs} ms`,
      {
        kind: "resource",
        code: "PG292",
        advice: "Raise the pool size, or find out what holds its connections for so long.",
      },
    );
  }

  /** A slot became free without a connection: whoever waits longest opens one. */
  #serveNext(): void {
    if (this.#open.size + this.#opening >= this.#options.max) return;
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return;
    clearTimeout(waiter.timer);
    this.#openOne().then(waiter.resolve, waiter.reject);
  }

  #dropIdle(connection: Connection): void {
    const at = this.#idle.findIndex((entry) => entry.connection === connection);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    void connection.end().then(() => this.#forget(connection));
  }

  #forget(connection: Connection): void {
    const at = this.#idle.findIndex((entry) => entry.connection === connection);
    if (at >= 0) clearTimeout(this.#idle.splice(at, 1)[0]?.timer);
    if (!this.#open.delete(connection)) return;
    this.#serveNext();
    this.#tellWhenEmpty();
  }

  #breakAll(): void {
    for (const connection of this.#open.keys()) connection.destroy();
  }

  #tellWhenEmpty(): void {
    if (this.#open.size + this.#opening === 0) this.#closed?.();
  }
}
