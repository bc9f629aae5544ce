import { canonicalText } from "../config/hash.ts";
import type { AddressConfig, ConnectorConfig } from "../config/model.ts";
import type { Connection } from "../postgres/connection.ts";
import { openConnection } from "../postgres/connection.ts";
import { makeFailure } from "../postgres/failure.ts";
import { openPool, type Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";

/** What a connection to a connector is for: reading prefers the replica, LISTEN the direct address. */
export type ConnectionPurpose = "read" | "write" | "listen";

const lockTimeoutMs = 10_000;
const idleInTransactionTimeoutMs = 600_000;

/** The target behind one of a connector's addresses. Pure. */
export function connectorTarget(
  connector: ConnectorConfig,
  purpose: ConnectionPurpose,
): ConnectionTarget {
  const address = addressFor(connector, purpose);
  return {
    name: connector.name,
    host: address.host,
    port: address.port,
    database: address.database,
    username: address.username,
    password: address.password,
    ssl: address.ssl,
    isPooled: address.isPooled,
    connectTimeoutMs: connector.connectTimeoutMs,
    statementTimeoutMs: connector.statementTimeoutMs,
    lockTimeoutMs,
    idleInTransactionTimeoutMs,
  };
}

function addressFor(connector: ConnectorConfig, purpose: ConnectionPurpose): AddressConfig {
  if (purpose === "listen") return connector.directAddress ?? connector.address;
  if (purpose === "read") return connector.replicaAddress ?? connector.address;
  return connector.address;
}

/** A pool with the number of those who work on it for longer than one query. */
interface SharedPool {
  readonly pool: Pool;
  holds: number;
  /** Called when the last of them is done; set while somebody waits for that. */
  onFree: (() => void) | undefined;
}

/**
 * The customers' databases that are open. One small pool per connector for reads, opened at first
 * use; dedicated connections for COPY. A connector that cannot be reached affects only its callers.
 */
export class ConnectorRegistry {
  readonly #connectors: ReadonlyMap<string, ConnectorConfig>;
  readonly #pools = new Map<string, SharedPool>();
  readonly #handedOn = new Set<string>();
  #isClosed = false;

  constructor(connectors: ReadonlyMap<string, ConnectorConfig>) {
    this.#connectors = connectors;
  }

  /** The connector's configuration. Names come from the checked configuration, so a miss is ours. */
  require(name: string): ConnectorConfig {
    const connector = this.#connectors.get(name);
    if (connector === undefined) throw new Error(`there is no connector ${name}`);
    return connector;
  }

  /**
   * The pool for reading from the connector. Its size is the connector's `pool`. A registry that was
   * closed opens none any more and throws PG290.
   */
  pool(name: string): Pool {
    return this.#share(name).pool;
  }

  /** The pools that were opened, by connector. */
  get openPools(): ReadonlyMap<string, Pool> {
    return new Map([...this.#pools].map(([name, { pool }]) => [name, pool]));
  }

  /**
   * Keeps the pools of these connectors open until the answered function is called, also beyond
   * `retire`, and whichever registry they belong to by then. For work that takes many queries.
   */
  hold(names: Iterable<string>): () => void {
    const held = [...new Set(names)].map((name) => this.#share(name));
    for (const shared of held) shared.holds += 1;
    return () => {
      for (const shared of held.splice(0)) {
        shared.holds -= 1;
        if (shared.holds === 0) shared.onFree?.();
      }
    };
  }

  /** A dedicated connection, for COPY or a transaction of its own; the caller ends or destroys it. */
  connect(name: string, purpose: ConnectionPurpose): Promise<Connection> {
    return openConnection(connectorTarget(this.require(name), purpose));
  }

  /**
   * The registry of a newer configuration. Connectors that did not change keep their pools, which
   * are its own from now on; closing this registry leaves them open.
   */
  successor(connectors: ReadonlyMap<string, ConnectorConfig>): ConnectorRegistry {
    const next = new ConnectorRegistry(connectors);
    for (const [name, shared] of this.#pools) {
      const after = connectors.get(name);
      if (after === undefined || canonicalText(after) !== canonicalText(this.require(name))) {
        continue;
      }
      next.#pools.set(name, shared);
      this.#handedOn.add(name);
    }
    return next;
  }

  /** Closes each of its pools when nobody holds it any more; then `close`. */
  async retire(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    await Promise.all(
      this.#own().map(async (shared) => {
        if (shared.holds > 0) {
          await new Promise<void>((resolve) => shared.onFree = resolve);
        }
        await shared.pool.close(timeoutMs);
      }),
    );
  }

  /** Closes its pools, held or not; what still runs gets `timeoutMs` to finish. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#own().map(({ pool }) => pool.close(timeoutMs)));
  }

  /** Without the pools that a successor has. */
  #own(): SharedPool[] {
    return [...this.#pools].filter(([name]) => !this.#handedOn.has(name)).map(([, one]) => one);
  }

  #share(name: string): SharedPool {
    const open = this.#pools.get(name);
    if (open !== undefined) return open;
    const connector = this.require(name);
    const target = connectorTarget(connector, "read");
    if (this.#isClosed) throw makeFailure("PG290", { doing: "use the pool", target });
    const pool = openPool(target, { max: connector.poolSize });
    const shared = { pool, holds: 0, onFree: undefined };
    this.#pools.set(name, shared);
    return shared;
  }
}
