import { canonicalText } from "../config/hash.ts";
import type { AddressConfig, ConnectorConfig } from "../config/model.ts";
import type { Connection } from "../postgres/connection.ts";
import { openConnection } from "../postgres/connection.ts";
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

/**
 * The customers' databases that are open. One small pool per connector for reads, opened at first
 * use; dedicated connections for COPY. A connector that cannot be reached affects only its callers.
 */
export class ConnectorRegistry {
  readonly #connectors: ReadonlyMap<string, ConnectorConfig>;
  readonly #pools = new Map<string, Pool>();
  readonly #handedOn = new Set<string>();

  constructor(connectors: ReadonlyMap<string, ConnectorConfig>) {
    this.#connectors = connectors;
  }

  /** The connector's configuration. Names come from the checked configuration, so a miss is ours. */
  require(name: string): ConnectorConfig {
    const connector = this.#connectors.get(name);
    if (connector === undefined) throw new Error(`there is no connector ${name}`);
    return connector;
  }

  /** The pool for reading from the connector. Its size is the connector's `pool`. */
  pool(name: string): Pool {
    const open = this.#pools.get(name);
    if (open !== undefined) return open;
    const connector = this.require(name);
    const pool = openPool(connectorTarget(connector, "read"), { max: connector.poolSize });
    this.#pools.set(name, pool);
    return pool;
  }

  /** The pools that were opened, by connector. */
  get openPools(): ReadonlyMap<string, Pool> {
    return this.#pools;
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
    for (const [name, pool] of this.#pools) {
      const after = connectors.get(name);
      if (after === undefined || canonicalText(after) !== canonicalText(this.require(name))) {
        continue;
      }
      next.#pools.set(name, pool);
      this.#handedOn.add(name);
    }
    return next;
  }

  /** Closes its pools; what still runs gets `timeoutMs` to finish. */
  async close(timeoutMs: number): Promise<void> {
    const pools = [...this.#pools].filter(([name]) => !this.#handedOn.has(name))
      .map(([, pool]) => pool);
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.close(timeoutMs)));
  }
}
