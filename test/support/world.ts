import { after } from "node:test";
import { systemClock } from "../../src/clock.ts";
import type {
  AddressConfig,
  Config,
  ConnectorConfig,
  ImportConfig,
  KeyField,
  ScheduleConfig,
  SourceConfig,
} from "../../src/config/model.ts";
import type { SegmentConfig, SegmentNode } from "../../src/config/model_segment.ts";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { claimLease, releaseLease } from "../../src/hub/lease.ts";
import type { RunContext } from "../../src/hub/run.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { openPool, type Pool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { openTestDatabase, openTestHub, type Scope, type TestDatabase } from "./database.ts";

/** A hub, a customer's database `shop`, and what parts that run are given. */
export interface World {
  readonly hub: TestDatabase;
  readonly shop: TestDatabase;
  readonly connectors: ConnectorRegistry;
  readonly pool: Pool;
  /** Everything that runs observed, in order. */
  readonly observations: Observation[];
  config(parts?: Partial<Config>): Config;
  /** Claims the lease of `name`, runs `work` with it and gives it back. */
  run<T>(
    name: string,
    work: (context: RunContext, deps: WorldDeps) => Promise<T>,
    options?: { readonly at?: Date; readonly signal?: AbortSignal; readonly config?: Config },
  ): Promise<T>;
}

/** What `runImport` and `runSegment` are given. */
export interface WorldDeps {
  readonly config: Config;
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
}

/** Runs nothing on its own. */
export const noSchedule: ScheduleConfig = {
  cron: undefined,
  everyMs: undefined,
  timezone: "UTC",
  startsAt: undefined,
  endsAt: undefined,
  weekdays: [],
};

/**
 * The customer's database is the connector `shop`, whose tables have their key in `key.column`. Both
 * databases are in the cluster of this run, or in the one of which `cluster` is the superuser's
 * address.
 */
export async function openWorld(
  setupSql: string,
  key: { readonly column: string; readonly field: KeyField } = {
    column: "email",
    field: { kind: "email" },
  },
  scope: Scope = { after },
  cluster?: string,
): Promise<World> {
  const hub = await openTestHub(scope, cluster);
  const shop = await openTestDatabase(scope, setupSql, cluster);
  const pool = openPool(hub.target, { max: 2 });
  const connector: ConnectorConfig = {
    name: "shop",
    address: addressOf(shop.target),
    directAddress: undefined,
    replicaAddress: undefined,
    poolSize: 2,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    key,
  };
  const connectors = new ConnectorRegistry(new Map([["shop", connector]]));
  scope.after(async () => {
    await connectors.close(0);
    await pool.close(0);
  });
  const observations: Observation[] = [];
  const config = (parts: Partial<Config> = {}) => ({
    ...emptyConfig,
    connectors: new Map([["shop", connector]]),
    ...parts,
  });
  return {
    hub,
    shop,
    connectors,
    pool,
    observations,
    config,
    async run(name, work, options = {}) {
      const lease = await claimLease(pool.sql, name, crypto.randomUUID(), 60_000);
      if (lease === undefined) throw new Error(`${name} is running`);
      const context: RunContext = {
        runId: "1",
        name,
        scheduledAt: options.at ?? new Date(),
        cause: "command",
        lease,
        signal: options.signal ?? new AbortController().signal,
        observe: (observation) => void observations.push(observation),
        clock: systemClock,
      };
      const deps = {
        config: options.config ?? config(),
        hub: pool,
        hubTarget: hub.target,
        connectors,
      };
      try {
        return await work(context, deps);
      } finally {
        await releaseLease(pool.sql, lease);
      }
    },
  };
}

/** The address of a target, as the configuration would have it. */
export function addressOf(target: ConnectionTarget): AddressConfig {
  const { host, port, database, username, password, ssl, isPooled } = target;
  return { host, port, database, username, password, ssl, isPooled, isEmbedded: false };
}

/** A source of `shop` over the table of the same name in schema `public`. */
export function sourceOf(name: string, id = 1043): SourceConfig {
  return {
    name,
    id,
    connector: "shop",
    schema: "public",
    table: name,
    columns: undefined,
    orderBy: [],
    limit: 100,
    maxValueBytes: 65_536,
    maxContactBytes: 1_048_576,
    values: "text",
  };
}

/** A segment that runs by hand. */
export function segmentOf(
  name: string,
  id: number,
  where: SegmentNode,
  more: Partial<SegmentConfig> = {},
): SegmentConfig {
  return {
    name,
    id,
    timezone: "UTC",
    where,
    exclude: undefined,
    schedule: noSchedule,
    listen: undefined,
    debounceMs: 100,
    maxStalenessMs: undefined,
    tests: [],
    ...more,
  };
}

/** An import of contacts from a table of `shop` that runs by hand. */
export function importOf(
  name: string,
  table: string,
  mapping: ImportConfig["mapping"],
  more: Partial<ImportConfig> = {},
): ImportConfig {
  return {
    name,
    connector: "shop",
    from: { kind: "table", schema: "public", table },
    dataset: "contacts",
    mapping,
    schedule: noSchedule,
    listen: undefined,
    mode: "changes",
    cursor: undefined,
    onMissing: "keep",
    maxRows: 10_000_000,
    defaultCountry: undefined,
    maxStalenessMs: undefined,
    ...more,
  };
}

/** A configuration in which nothing is defined. */
export const emptyConfig: Config = {
  hash: "",
  hub: {
    address: undefined,
    directAddress: undefined,
    dataDir: "",
    poolSize: 2,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    hasSample: false,
  },
  timezone: "UTC",
  server: {
    host: "127.0.0.1",
    port: 0,
    tokens: [],
    maxBodyBytes: 1,
    requestTimeoutMs: 1,
    shutdownTimeoutMs: 1,
    rateLimitPerSecond: 0,
  },
  render: { allowsInline: false, cacheMs: 0 },
  connectors: new Map(),
  sources: new Map(),
  imports: new Map(),
  segments: new Map(),
  sinks: new Map(),
  routes: [],
  triggers: new Map(),
  messages: new Map(),
  templates: new Map(),
  exports: new Map(),
  alerts: { webhooks: [], secrets: [], allowsPrivate: false },
  retention: { runsMs: 1, deliveriesMs: 1, eventsMs: undefined, maxChangeRows: 1 },
};
