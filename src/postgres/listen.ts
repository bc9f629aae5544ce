import { randomBytes } from "node:crypto";

import { PerigeeError } from "../error.ts";
import { type Connection, openConnection } from "./connection.ts";
import { describeFailure, describeTarget, makeFailure } from "./failure.ts";
import { quoteIdentifier } from "./identifier.ts";
import { isBehindPooler } from "./pooler.ts";
import type { ConnectionTarget } from "./target.ts";

/** A connection that hears notifications, for as long as it is not closed. */
export interface Listener {
  /** Stops listening; nothing is called any more once it has resolved. */
  close(): Promise<void>;
  /** When the last notification or heartbeat arrived; undefined before the first. */
  readonly lastHeardAt: Date | undefined;
}

/** What to listen to, and whom to tell. None of the functions may throw. */
export interface ListenOptions {
  readonly channels: Readonly<Record<string, (payload: string) => void>>;
  /** Called after every LISTEN, the first too: what was notified before it went unheard. */
  readonly onListening: () => void;
  /** Called whenever hearing ends or cannot begin. It is tried again by itself. */
  readonly onDeaf: (reason: PerigeeError) => void;
  /** Called when a heartbeat came back, with the time that it took. */
  readonly onHeard?: (roundTripMs: number) => void;
  /** Half of the time after which silence counts as deafness. 10 s by default. */
  readonly heartbeatMs?: number;
}

/**
 * Twice this is how late a broken link is noticed. A shorter one costs the server more commits that
 * take the lock of NOTIFY, a longer one leaves what is hinted to the next poll.
 */
const defaultHeartbeatMs = 10_000;

/** How long a notification from another session may take to get here, before work relies on it. */
const probeMs = 2_000;

/** Waits between attempts grow from the first to the last of these, with jitter. */
const firstWaitMs = 200;
const lastWaitMs = 15_000;

/** A pooler will not learn to pass notifications on; looked at again in case the address changed. */
const pooledWaitMs = 300_000;

/** Notifications do not pass through this address. */
const pooledCode = "PG298";

/**
 * Listens on a connection of its own and keeps doing so: a link that breaks is opened anew, with
 * backoff, and one that is silent is found by a heartbeat, which notifies a channel of its own.
 * Notifications only ever hint (G3), so any number of daemons may listen, and miss, at once.
 */
export function openListener(target: ConnectionTarget, options: ListenOptions): Listener {
  const loop = new ListenLoop(target, options);
  const ended = loop.run();
  return {
    close: () => (loop.stop(), ended),
    get lastHeardAt() {
      return loop.lastHeardAt;
    },
  };
}

class ListenLoop {
  lastHeardAt: Date | undefined;
  readonly #target: ConnectionTarget;
  readonly #options: ListenOptions;
  readonly #heartbeatMs: number;
  /** Random, so that a daemon hears no other's heartbeat and takes it for its own. */
  readonly #channel = `perigee_heartbeat_${randomBytes(8).toString("hex")}`;
  readonly #stopped: Promise<void>;
  #isStopped = false;
  #tellStopped: () => void = () => undefined;
  #connection: Connection | undefined;
  #beatsHeard = 0;
  #beatSentAt = 0;

  constructor(target: ConnectionTarget, options: ListenOptions) {
    this.#target = target;
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? defaultHeartbeatMs;
    this.#stopped = new Promise((resolve) => this.#tellStopped = resolve);
  }

  stop(): void {
    this.#isStopped = true;
    this.#tellStopped();
    this.#connection?.destroy();
  }

  async run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopped) {
      const beatsBefore = this.#beatsHeard;
      const reason = await this.#listenOnce();
      if (this.#isStopped) return;
      this.#options.onDeaf(reason);
      failures = this.#beatsHeard > beatsBefore ? 0 : failures + 1;
      const waitMs = reason.code === pooledCode ? pooledWaitMs : backoffMs(failures);
      await pause(waitMs, this.#stopped);
    }
  }

  /** Opens, listens and beats until that ends; answers why it ended. */
  async #listenOnce(): Promise<PerigeeError> {
    try {
      const connection = await openConnection(this.#target, {
        applicationName: `perigee ${this.#target.name} listen`,
        onNotify: (channel, payload) => this.#hear(channel, payload),
      });
      this.#connection = connection;
      if (this.#isStopped) return makeFailure("PG290", this.#doing());
      await connection.sql.unsafe(`listen ${quoteIdentifier(this.#channel)}`);
      if (!await this.#hearsOthers(connection)) return this.#describePooler();
      for (const channel of Object.keys(this.#options.channels)) {
        await connection.sql.unsafe(`listen ${quoteIdentifier(channel)}`);
      }
      this.#options.onListening();
      return await this.#beatUntilDeaf(connection);
    } catch (error) {
      return describeFailure(error, this.#doing());
    } finally {
      this.#connection?.destroy();
      this.#connection = undefined;
    }
  }

  /**
   * A transaction pooler passes on what a session notifies itself, and loses what others notify.
   * So where something stands in between, another session has to be heard first.
   */
  async #hearsOthers(connection: Connection): Promise<boolean> {
    if (!await isBehindPooler(connection.sql)) return true;
    const other = await openConnection(this.#target);
    try {
      const before = this.#beatsHeard;
      await other.sql`select pg_notify(${this.#channel}, '')`;
      const isHeard = () => this.#beatsHeard > before;
      const endsAt = performance.now() + probeMs;
      while (!isHeard() && connection.isAlive && performance.now() < endsAt) {
        await pause(20, connection.died);
      }
      return isHeard() || !connection.isAlive;
    } finally {
      other.destroy();
    }
  }

  async #beatUntilDeaf(connection: Connection): Promise<PerigeeError> {
    for (;;) {
      const before = this.#beatsHeard;
      this.#beatSentAt = performance.now();
      // Not awaited: on a broken link it is answered by nobody. The death tells why it failed.
      connection.sql`select pg_notify(${this.#channel}, '')`.catch(() => undefined);
      await pause(this.#heartbeatMs, connection.died);
      if (this.#beatsHeard === before) await pause(this.#heartbeatMs, connection.died);
      if (!connection.isAlive) return await connection.died;
      if (this.#beatsHeard === before) return this.#describeSilence();
    }
  }

  #hear(channel: string, payload: string): void {
    if (this.#isStopped) return;
    this.lastHeardAt = new Date();
    if (channel === this.#channel) {
      this.#beatsHeard += 1;
      if (this.#beatSentAt > 0) this.#options.onHeard?.(performance.now() - this.#beatSentAt);
    } else this.#options.channels[channel]?.(payload);
  }

  #doing(): { doing: string; target: ConnectionTarget } {
    return { doing: "listen", target: this.#target };
  }

  #describeSilence(): PerigeeError {
    const detail = `no heartbeat came back in ${2 * this.#heartbeatMs} ms`;
    return makeFailure("PG207", this.#doing(), { detail });
  }

  #describePooler(): PerigeeError {
    return new PerigeeError(
      `LISTEN does not work through this address: a pooler answers at ${
        describeTarget(this.#target)
      }`,
      {
        kind: "connection",
        code: pooledCode,
        advice: "Give the server's direct address for LISTEN; until then work starts by schedule.",
      },
    );
  }
}

/** From half to all of the next wait, so that daemons that fail together do not return together. */
function backoffMs(failures: number): number {
  const wait = Math.min(lastWaitMs, firstWaitMs * 2 ** Math.min(failures, 10));
  return wait * (0.5 + Math.random() / 2);
}

/** Waits, and no longer than until `end` settles. */
async function pause(ms: number, end: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([passed, end]);
  clearTimeout(timer);
}
