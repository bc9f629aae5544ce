import type { AddressConfig, Config } from "../config/model.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { ConnectorRegistry } from "./registry.ts";

/** Databases that a configuration's tests may fill and empty: nothing of value is in them. */
export interface ThrowawayDatabases {
  /** A migrated hub. */
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  /** An empty database for each connector, by name. */
  readonly customers: ReadonlyMap<string, AddressConfig>;
}

/**
 * The configuration's connectors, each leading to its throwaway database and never to the
 * customer's. Throws where one has none. The caller closes the registry.
 */
export function throwawayConnectors(
  config: Config,
  { customers }: ThrowawayDatabases,
): ConnectorRegistry {
  return new ConnectorRegistry(
    new Map([...config.connectors].map(([name, connector]) => {
      const address = customers.get(name);
      if (address === undefined) throw new Error(`connector ${name} has no throwaway database`);
      return [name, { ...connector, address, directAddress: undefined, replicaAddress: undefined }];
    })),
  );
}
