import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { systemClock } from "../../src/clock.ts";
import type {
  Config,
  ConnectorConfig,
  SinkConfig,
  SourceConfig,
  TriggerConfig,
} from "../../src/config/model.ts";
import type { SegmentConfig } from "../../src/config/model_segment.ts";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { claimLease } from "../../src/hub/lease.ts";
import type { RunCause, RunContext } from "../../src/hub/run.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { openPool, type Pool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { runTrigger, type TriggerDeps } from "../../src/trigger/run_trigger.ts";
import { openTestDatabase, openTestHub, type Scope, testTarget } from "../support/database.ts";

/** The table of the reference page. */
export const promoCodesTable = `
  create table promo_codes (
    id integer primary key,
    email text not null,
    name text,
    birthday date,
    promo_code text
  );
  create index on promo_codes (lower(email))`;

/** A hub and a customer's database with everything a trigger needs. */
export interface Shop {
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly shopTarget: ConnectionTarget;
  readonly shop: Sql;
  /** Deps of a run under this configuration. */
  deps(trigger?: Partial<TriggerConfig>, sinks?: ReadonlyMap<string, SinkConfig>): TriggerDeps;
}

const segment: SegmentConfig = {
  name: "birthday_today",
  id: 170531841,
  timezone: "UTC",
  where: { kind: "all", nodes: [] },
  exclude: undefined,
  schedule: noSchedule(),
  listen: undefined,
  debounceMs: 0,
  maxStalenessMs: undefined,
  tests: [],
};

/** The source of the reference page. */
export const promoCodes: SourceConfig = {
  name: "promo_codes",
  id: 1043,
  connector: "shop",
  schema: "public",
  table: "promo_codes",
  columns: undefined,
  orderBy: [],
  limit: 20,
  maxValueBytes: 65_536,
  maxContactBytes: 1_048_576,
  values: "text",
};

/** Opens both databases; `setupSql` fills the customer's. */
export async function openShop(
  scope: Scope,
  setupSql = promoCodesTable,
  sources: readonly SourceConfig[] = [promoCodes],
): Promise<Shop> {
  const hubDatabase = await openTestHub(scope);
  const shopDatabase = await openTestDatabase(scope, setupSql);
  const shopTarget = testTarget(shopDatabase.url, "shop");
  const registry = new ConnectorRegistry(new Map([["shop", connectorOf(shopTarget)]]));
  const hub = openPool(hubDatabase.target, { max: 4 });
  scope.after(async () => {
    await registry.close(0);
    await hub.close(0);
  });
  return {
    hub,
    hubTarget: hubDatabase.target,
    shopTarget,
    shop: shopDatabase.sql,
    deps: (part = {}, sinks = new Map()) =>
      shopDeps(hub, hubDatabase.target, shopTarget, { part, sinks, sources, registry }),
  };
}

/** What a run is given whose hub and shop are these. */
export function shopDeps(
  hub: Pool,
  hubTarget: ConnectionTarget,
  shopTarget: ConnectionTarget,
  more: {
    readonly part?: Partial<TriggerConfig>;
    readonly sinks?: ReadonlyMap<string, SinkConfig>;
    readonly sources?: readonly SourceConfig[];
    readonly registry?: ConnectorRegistry;
  } = {},
): TriggerDeps {
  const { part = {}, sinks = new Map(), sources = [promoCodes] } = more;
  const registry = more.registry ??
    new ConnectorRegistry(new Map([["shop", connectorOf(shopTarget)]]));
  return {
    config: {
      sources: new Map(sources.map((source) => [source.name, source])),
      segments: new Map([[segment.name, segment]]),
      triggers: new Map([["birthday", birthdayTrigger(part)]]),
      sinks,
    } as Partial<Config> as Config,
    hub,
    hubTarget,
    connectors: registry,
  };
}

/** A trigger for everyone in the segment, with the rows of `promo_codes` and one sink. */
export function birthdayTrigger(part: Partial<TriggerConfig> = {}): TriggerConfig {
  return {
    name: "birthday",
    segment: segment.name,
    schedule: noSchedule(),
    onNotify: false,
    repeat: { kind: "every_run" },
    enteringOnly: false,
    sources: [{ source: "promo_codes", whenEmpty: "send" }],
    sinks: ["receiver"],
    skipIfRunning: false,
    catchUp: "last",
    catchUpLimit: 10,
    ...part,
  };
}

/** Inserts contacts with these addresses and makes them members; answers their ids. */
export async function addMembers(
  hub: Sql,
  emails: readonly string[],
  enteredAt = "2026-01-01T00:00:00Z",
): Promise<string[]> {
  const rows = await hub<{ contactId: string }[]>`
    with contact as (
      insert into perigee.contacts (email)
      select email from json_array_elements_text(${JSON.stringify(emails)}::text::json)
        with ordinality as given (email, place)
      order by place returning contact_id
    )
    insert into perigee.segment_members (segment_id, contact_id, entered_at)
    select ${segment.id}, contact_id, ${enteredAt} from contact
    returning contact_id::text as "contactId"`;
  return rows.map((row) => row.contactId);
}

/** A context as the schedule makes one, with a lease that it holds. */
export async function makeContext(
  hub: Sql,
  scheduledAt: string,
  more: {
    cause?: RunCause;
    signal?: AbortSignal;
    observe?: (observation: Observation) => void;
  } = {},
): Promise<RunContext> {
  const name = "trigger/birthday";
  await hub`update perigee.leases set expires_at = '-infinity' where name = ${name}`;
  const lease = await claimLease(hub, name, randomUUID(), 60_000);
  if (lease === undefined) throw new Error("the lease was just made free");
  return {
    runId: "1",
    name,
    scheduledAt: new Date(scheduledAt),
    cause: more.cause ?? "schedule",
    lease,
    signal: more.signal ?? new AbortController().signal,
    observe: more.observe ?? (() => undefined),
    clock: systemClock,
  };
}

/** Runs one tick of the trigger and answers its counts. */
export async function runTick(
  shop: Shop,
  scheduledAt: string,
  part: Partial<TriggerConfig> = {},
) {
  const context = await makeContext(shop.hub.sql, scheduledAt);
  return await runTrigger(birthdayTrigger(part), context, shop.deps(part));
}

function connectorOf(target: ConnectionTarget): ConnectorConfig {
  const { host, port, database, username, password, ssl, isPooled } = target;
  return {
    name: target.name,
    address: { host, port, database, username, password, ssl, isPooled, isEmbedded: false },
    directAddress: undefined,
    replicaAddress: undefined,
    poolSize: 2,
    connectTimeoutMs: target.connectTimeoutMs,
    statementTimeoutMs: target.statementTimeoutMs,
    key: { column: "email", field: { kind: "email" } },
  };
}

function noSchedule(): SegmentConfig["schedule"] {
  return {
    cron: undefined,
    everyMs: undefined,
    timezone: "UTC",
    startsAt: undefined,
    endsAt: undefined,
    weekdays: [],
  };
}
