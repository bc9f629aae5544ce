import process from "node:process";
import type { Sql } from "postgres";
import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import {
  openTestDatabase,
  openTestHub,
  type Scope,
  type TestDatabase,
} from "../support/database.ts";
import { type DaemonProcess, spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { assertEqualContent } from "../support/export_content.ts";
import type { Proxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";
import { openReceiver, type Receiver } from "../support/receiver.ts";

/** A hub, a customer's database and a webhook receiver, for daemons that run as processes. */
export interface FaultWorld {
  readonly hub: TestDatabase;
  readonly shop: TestDatabase;
  readonly receiver: Receiver;
}

/**
 * How long anything here is waited for at most, ms: a machine that is busy with other tests takes
 * ten times as long as an idle one, and a test that passes waits for nothing.
 */
export const deadlineMs = Number(process.env["PERIGEE_DEADLINE_MS"] ?? 180_000);

/** What can be gated, as a view beside the table of which it shows the rows when its gate is open. */
export type Gate = "customers" | "promos" | "codes" | "contacts" | "commit";

const gates: Readonly<Record<Gate, number>> = {
  customers: 1,
  promos: 2,
  codes: 3,
  contacts: 4,
  commit: 5,
};

/**
 * `wait_for_gate` sleeps in the server for as long as a test's session holds the gate, so a run can
 * be caught at a stage of its work.
 */
export const gateSql = `
  create function wait_for_gate(gate integer) returns boolean language plpgsql as $$
  begin
    while not pg_catalog.pg_try_advisory_xact_lock_shared(7201, gate) loop
      perform pg_catalog.pg_sleep(0.01);
    end loop;
    return true;
  end $$;`;

/** People with and without luck and their codes. */
const shopSql = `
  create table customers (id integer primary key, email text not null, name text);
  create table promos (id integer primary key, email text not null, lucky boolean not null);
  create table codes (id integer primary key, email text not null, code text);
  insert into customers
    select n, 'c' || n || '@example.com', 'Name ' || n from generate_series(1, 60) as n;
  insert into promos select n, 'c' || n || '@example.com', n % 2 = 0 from generate_series(1, 60) as n;
  insert into codes select n, 'c' || n || '@example.com', 'CODE-' || n from generate_series(1, 60) as n;
  ${gateSql}
  create view gated_customers as
    select customers.* from (select wait_for_gate(1) as open offset 0) gate, customers where open;
  create view gated_promos as
    select promos.* from (select wait_for_gate(2) as open offset 0) gate, promos where open;
  create view gated_codes as
    select codes.* from (select wait_for_gate(3) as open offset 0) gate, codes where open;`;

/**
 * Opens one. The members of the segment over `promos` are the thirty people with an even number.
 * `cluster` is the superuser's address where the databases want a cluster of their own.
 */
export async function openFaultWorld(scope: Scope, cluster?: string): Promise<FaultWorld> {
  const [hub, shop] = await Promise.all([
    openTestHub(scope, cluster),
    openTestDatabase(scope, shopSql, cluster),
  ]);
  return { hub, shop, receiver: await openReceiver(scope) };
}

/** A gate that is closed; whoever reads through it waits in the server. */
export interface ClosedGate {
  open(): Promise<void>;
}

/** Closes a gate of the customer's database, or of the one that is given, until `open`. */
export async function closeGate(
  scope: Scope,
  { shop }: FaultWorld,
  gate: Gate,
  database: TestDatabase = shop,
): Promise<ClosedGate> {
  const holder = await openConnection(database.target);
  scope.after(() => holder.destroy());
  await holder.sql`select pg_advisory_lock(7201, ${gates[gate]})`;
  return { open: () => holder.end() };
}

/** The address of a database by way of a proxy before its server. */
export function through(proxy: Proxy, database: TestDatabase): string {
  const url = new URL(database.url);
  url.port = String(proxy.port);
  return url.href;
}

/** Lets all leases run out, as they do by themselves 15 s after their daemon died. */
export async function expireLeases(hub: Sql): Promise<void> {
  await hub`update perigee.leases set expires_at = '-infinity'`;
}

/** How many sessions of a database wait at a closed gate. */
export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql<{ waiting: number }[]>`
    select count(*)::integer as waiting from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep'`;
  return row?.waiting ?? 0;
}

/** Addresses and sections that differ from the plain configuration. */
export interface YamlChanges {
  readonly hub?: string;
  readonly shop?: string;
  /** In place of the plain imports, segments, triggers and exports. */
  readonly parts?: string;
  /** Adds the gated views as sources. */
  readonly isGated?: boolean;
  /** Lines below `hub:` and `connectors.shop:`. */
  readonly hubLines?: string;
  readonly shopLines?: string;
}

/** Sections of a segment and of a trigger that tells once of each contact in it. */
export const luckyOnce = `segments:
  lucky: { id: 7, every: 1s, where: { source: promos, conditions: { lucky: true } } }
triggers:
  lucky: { segment: lucky, every: 1s, repeat: once, sources: [codes], sinks: [hook] }
`;

/** Every kind of run, each second; the trigger's ticks are the even seconds. */
export const everyPart = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email, firstName: name }
segments:
  lucky: { id: 7, every: 1s, where: { source: promos, conditions: { lucky: true } } }
triggers:
  lucky:
    segment: lucky
    every: 2s
    sources: [codes]
    sinks: [hook]
    skip_if_running: false
    catch_up: all
exports:
  shop: { connector: shop, every: 1s, on_change: true, deletes: propagate }
`;

const gatedSources = `  gated_promos: { id: 1045, connector: shop, table: gated_promos }
  gated_codes: { id: 1046, connector: shop, table: gated_codes }
`;

/** The same without events, so that the hub comes to rest. */
export const withoutTriggers = everyPart.replace(/^triggers:\n(?: .*\n)+/m, "");

/** The names of its runs. */
export const restingRuns = ["import/customers", "segment/lucky", "export/shop"];

/** The configuration of a daemon in this world. */
export function faultYaml(world: FaultWorld, changes: YamlChanges = {}): string {
  return `
hub:
  url: "${changes.hub ?? world.hub.url}"
${changes.hubLines ?? ""}
server: { port: 0, shutdown_timeout: 10s }
connectors:
  shop:
    url: "${changes.shop ?? world.shop.url}"
    key: { column: email, field: email }
${changes.shopLines ?? ""}
sources:
  promos: { id: 1043, connector: shop, table: promos }
  codes: { id: 1044, connector: shop, table: codes }
${changes.isGated === true ? gatedSources : ""}sinks:
  hook:
    webhook: "${world.receiver.url}"
    secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]
    allow_private: true
    timeout: 2s
    max_attempts: 100
${changes.parts ?? everyPart}`;
}

/**
 * Renames a customer and waits until the name has come by way of the import and the hub into the
 * exported table, and all nine tables equal the hub.
 */
export async function waitForRoundTrip({ hub, shop }: FaultWorld, name: string): Promise<void> {
  await shop.sql`update customers set name = ${name} where id = 1`;
  await waitFor(`${name} in the exported table`, async () => {
    const [row] = await shop.sql.unsafe(
      `select from contacts where email = 'c1@example.com' and "firstName" = $1`,
      [name],
    );
    return row === undefined ? undefined : true;
  }, deadlineMs);
  await waitFor("the tables to equal the hub", async () => {
    await assertEqualContent(hub.sql, shop.sql, name);
    return true;
  }, deadlineMs);
}

/** Starts a daemon in this world; it logs runs with nothing to do too. */
export async function startInWorld(
  scope: Scope,
  world: FaultWorld,
  changes: YamlChanges = {},
): Promise<DaemonProcess & { readonly folder: string }> {
  const folder = await writeConfig(scope, faultYaml(world, changes));
  const env = { PERIGEE_LOG_LEVEL: "debug" };
  return { ...spawnDaemon(scope, { config: folder, env }), folder };
}

/** Waits until, from now on, a run of that name failed with that code, and answers its error. */
export async function waitForFailure(
  daemon: DaemonProcess,
  name: string,
  code: string,
): Promise<{ readonly message: string; readonly advice: string }> {
  const before = daemon.lines.length;
  return await waitFor(`${name} to fail with ${code}`, () => {
    const failed = daemon.lines.slice(before).filter((line) =>
      line["kind"] === "run_failed" && line["name"] === name
    ).map((line) => line["error"] as { code: string; message: string; advice: string });
    const found = failed.find((error) => error.code === code);
    if (found === undefined && failed.length > 0) throw new Error(JSON.stringify(failed));
    return found;
  }, deadlineMs);
}

/** Waits until, from now on, a run of each of the names succeeded. */
export async function waitForRuns(
  daemon: DaemonProcess,
  names: readonly string[] = restingRuns,
): Promise<void> {
  const before = daemon.lines.length;
  for (const name of names) {
    await waitFor(`${name} to succeed again`, () => {
      const found = daemon.lines.slice(before).find((line) =>
        line["kind"] === "run_finished" && line["name"] === name
      );
      return found && true;
    }, deadlineMs);
  }
}

/** Ends every session that daemons have in a database. */
export async function endSessions(sql: Sql): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'perigee %'
      and application_name <> 'perigee test'`;
}

/**
 * Whether sessions that are opened from now on may write, as when an address leads to a standby for
 * a while; those that are open stay as they are.
 */
export async function setReadOnly(target: ConnectionTarget, value: "on" | "off"): Promise<void> {
  const admin = await openConnection(target);
  try {
    await admin.sql.unsafe(`begin read write;
      alter database ${quoteIdentifier(target.database)}
        set default_transaction_read_only = ${value}; commit`);
  } finally {
    await admin.end();
  }
}
