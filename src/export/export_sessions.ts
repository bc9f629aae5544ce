import type { ConnectorRegistry } from "../connector/registry.ts";
import { type Connection, openConnection } from "../postgres/connection.ts";
import type { ConnectionTarget } from "../postgres/target.ts";

/** The two connections that one run of an export has for itself. */
export interface ExportSession {
  readonly hub: Connection;
  readonly target: Connection;
  readonly memory: SessionMemory;
}

/** What a session knows from its last run. All of it may have changed since. */
export interface SessionMemory {
  /** In this schema there were cursors. */
  schemaWithCursors: string | undefined;
}

/**
 * Keeps the connections of exports that run on every change open between their runs, at most one
 * pair for each export, because logging in twice costs more than a small run. Whoever made it
 * closes it.
 */
export class ExportSessions {
  readonly #hubTarget: ConnectionTarget;
  readonly #connectors: ConnectorRegistry;
  readonly #kept = new Map<string, ExportSession>();
  #isClosed = false;

  constructor(hubTarget: ConnectionTarget, connectors: ConnectorRegistry) {
    this.#hubTarget = hubTarget;
    this.#connectors = connectors;
  }

  /**
   * The kept pair of the export, or a new one; the caller's alone until `give`. Throws PG2xx of the
   * side that cannot be reached, and leaves nothing open then.
   */
  async take(exportName: string, connector: string): Promise<ExportSession> {
    const kept = this.#kept.get(exportName);
    this.#kept.delete(exportName);
    if (kept !== undefined && kept.hub.isAlive && kept.target.isAlive) return kept;
    if (kept !== undefined) breakSession(kept);
    const [hub, target] = await Promise.allSettled([
      openConnection(this.#hubTarget, { applicationName: `perigee export/${exportName}` }),
      this.#connectors.connect(connector, "write"),
    ]);
    if (hub.status === "fulfilled" && target.status === "fulfilled") {
      const memory = { schemaWithCursors: undefined };
      return { hub: hub.value, target: target.value, memory };
    }
    for (const opened of [hub, target]) {
      if (opened.status === "fulfilled") opened.value.destroy();
    }
    throw hub.status === "rejected" ? hub.reason : (target as PromiseRejectedResult).reason;
  }

  /** Takes a pair back: keeps it when that is asked for and it is whole and idle, else closes it. */
  async give(exportName: string, session: ExportSession, keeps: boolean): Promise<void> {
    const isWhole = [session.hub, session.target].every((connection) =>
      connection.isAlive && connection.transactionStatus === "idle"
    );
    if (!isWhole) return breakSession(session);
    if (keeps && !this.#isClosed && !this.#kept.has(exportName)) {
      this.#kept.set(exportName, session);
      return;
    }
    await Promise.all([session.hub.end(), session.target.end()]);
  }

  /** Closes what is kept, and keeps nothing from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(kept.flatMap(({ hub, target }) => [hub.end(), target.end()]));
  }
}

function breakSession(session: ExportSession): void {
  session.hub.destroy();
  session.target.destroy();
}
