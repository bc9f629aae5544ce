import { randomUUID } from "node:crypto";
import type { ConnectorConfig, ExportConfig } from "../../src/config/model.ts";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { datasets } from "../../src/dataset/datasets.ts";
import { systemClock } from "../../src/clock.ts";
import { type ExportDeps, runExport } from "../../src/export/run_export.ts";
import { claimLease } from "../../src/hub/lease.ts";
import type { RunContext } from "../../src/hub/run.ts";
import type { Counts, Observation } from "../../src/observe/observation.ts";
import { openPool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { openTestDatabase, openTestHub, type Scope, type TestDatabase } from "./database.ts";

/** A hub, a customer's database, and an export from the one into the other. */
export interface ExportFixture {
  readonly hub: TestDatabase;
  readonly customer: TestDatabase;
  readonly config: ExportConfig;
  readonly deps: ExportDeps;
  readonly observations: Observation[];
  context(signal?: AbortSignal): Promise<RunContext>;
  /** Runs the export as it is configured, or with changes to its configuration. */
  run(changes?: Partial<ExportConfig>): Promise<Counts>;
}

/** Opens both databases and an export of all datasets into schema `public`, with `changes` to it. */
export async function openExport(
  scope: Scope,
  changes: Partial<ExportConfig> = {},
): Promise<ExportFixture> {
  const [hub, customer] = await Promise.all([openTestHub(scope), openTestDatabase(scope)]);
  return joinExport(scope, hub, customer, changes);
}

/** An export between two databases that are there already. */
export function joinExport(
  scope: Scope,
  hub: TestDatabase,
  customer: TestDatabase,
  changes: Partial<ExportConfig> = {},
): ExportFixture {
  const config: ExportConfig = { ...plainExport, ...changes };
  const hubTarget = { ...hub.target, name: "hub" };
  const pool = openPool(hubTarget, { max: 4 });
  const connectors = new ConnectorRegistry(
    new Map([["shop", connectorAt(customer.target, "shop")]]),
  );
  scope.after(async () => {
    await pool.close(0);
    await connectors.close(0);
  });
  const deps: ExportDeps = { hub: pool, hubTarget, connectors };
  const observations: Observation[] = [];
  const context = (signal?: AbortSignal) => makeContext(pool, config.name, observations, signal);
  return {
    hub,
    customer,
    config,
    deps,
    observations,
    context,
    run: async (more = {}) => await runExport({ ...config, ...more }, await context(), deps),
  };
}

/** A connector to a database, as the configuration would give it. */
export function connectorAt(target: ConnectionTarget, name: string): ConnectorConfig {
  return {
    name,
    address: { ...target, isEmbedded: false },
    directAddress: undefined,
    replicaAddress: undefined,
    poolSize: 2,
    connectTimeoutMs: target.connectTimeoutMs,
    statementTimeoutMs: target.statementTimeoutMs,
    key: { column: "email", field: { kind: "email" } },
  };
}

/** All datasets into schema `public`, as the defaults of the configuration have it. */
export const plainExport: ExportConfig = {
  name: "shop",
  connector: "shop",
  schema: "public",
  datasets: [...datasets.keys()],
  schedule: {
    cron: undefined,
    everyMs: undefined,
    timezone: "UTC",
    startsAt: undefined,
    endsAt: undefined,
    weekdays: [],
  },
  onChange: false,
  debounceMs: 100,
  naming: "documented",
  deprecatedColumns: false,
  longValues: "truncate",
  deletes: "propagate",
  statusTables: true,
  maxStalenessMs: undefined,
};

/** What a run is given, with a lease of its own. */
export async function makeContext(
  pool: ExportDeps["hub"],
  exportName: string,
  observations: Observation[],
  signal = new AbortController().signal,
): Promise<RunContext> {
  const name = `export/${exportName}`;
  const lease = await claimLease(pool.sql, `${name}/${randomUUID()}`, randomUUID(), 600_000);
  if (lease === undefined) throw new Error("a fresh lease is free");
  return {
    runId: "1",
    name,
    scheduledAt: new Date(),
    cause: "command",
    lease,
    signal,
    observe: (observation) => observations.push(observation),
    clock: systemClock,
  };
}
