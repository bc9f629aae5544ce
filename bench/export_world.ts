import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Sql } from "postgres";
import { systemClock } from "../src/clock.ts";
import type { ExportConfig } from "../src/config/model.ts";
import { ConnectorRegistry } from "../src/connector/registry.ts";
import { requireDataset } from "../src/dataset/datasets.ts";
import { type Binaries, findEmbeddedBinaries } from "../src/embedded/binaries.ts";
import { startCluster } from "../src/embedded/cluster.ts";
import { describeTable } from "../src/export/export_table.ts";
import { type ExportDeps, runExport } from "../src/export/run_export.ts";
import { ExportSessions } from "../src/export/export_sessions.ts";
import { createTableStatements, primaryKeyStatement } from "../src/export/table_ddl.ts";
import { allRowsQuery } from "../src/hub/dataset_rows.ts";
import { claimLease, releaseLease } from "../src/hub/lease.ts";
import { loadMigrations, migrate } from "../src/hub/migrate.ts";
import type { Counts } from "../src/observe/observation.ts";
import { openConnection } from "../src/postgres/connection.ts";
import { parseConnectionUrl } from "../src/postgres/connection_url.ts";
import { openPool, type Pool } from "../src/postgres/pool.ts";
import type { ConnectionTarget } from "../src/postgres/target.ts";
import { durableSettings } from "./durable_settings.ts";

/** A server with a hub of `rows` contacts, a customer's database, and one for those compared with. */
export interface ExportWorld {
  readonly rows: number;
  readonly hub: Pool;
  readonly customer: Pool;
  readonly peer: Pool;
  readonly deps: ExportDeps;
  url(database: string): string;
  /** Exports the contacts as they are now. */
  run(): Promise<Counts>;
  close(): Promise<void>;
}

/** What the measured export does; the other datasets stay empty. */
export const contactsExport: ExportConfig = {
  name: "bench",
  connector: "shop",
  schema: "public",
  datasets: ["contacts"],
  schedule: {
    cron: undefined,
    everyMs: undefined,
    timezone: "UTC",
    startsAt: undefined,
    endsAt: undefined,
    weekdays: [],
  },
  onChange: true,
  debounceMs: 0,
  naming: "documented",
  deprecatedColumns: false,
  longValues: "truncate",
  deletes: "propagate",
  statusTables: true,
  maxStalenessMs: undefined,
};

/**
 * Starts the server, the embedded one unless another is given, and fills the hub; takes about 10 s
 * for each million contacts.
 */
export async function openExportWorld(rows: number, given?: Binaries): Promise<ExportWorld> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perigee-bench-"));
  const binaries = given ?? await findEmbeddedBinaries();
  const settings = { ...durableSettings, wal_level: "logical" };
  const cluster = await startCluster({ dataDir, binaries, settings, isThrowaway: true });
  const admin = openPool(targetOf(cluster.superuserUrl, "admin"), { max: 1 });
  for (const name of ["hub", "customer", "peer"]) await admin.sql.unsafe(`create database ${name}`);
  await admin.close();
  const target = (database: string) => targetOf(cluster.url(database), database);
  const connection = await openConnection(target("hub"));
  await migrate(connection, await loadMigrations(new URL("../migrations/", import.meta.url)));
  await connection.sql.unsafe(fillContacts(rows));
  await connection.sql`vacuum analyze perigee.contacts`;
  await connection.end();
  const [hub, customer, peer] = ["hub", "customer", "peer"].map((name) =>
    openPool(target(name), { max: 4 })
  ) as [Pool, Pool, Pool];
  const connectors = new ConnectorRegistry(new Map([["shop", connectorTo(target("customer"))]]));
  const sessions = new ExportSessions(target("hub"), connectors);
  const deps: ExportDeps = { hub, hubTarget: target("hub"), connectors, sessions };
  return {
    rows,
    hub,
    customer,
    peer,
    deps,
    url: (database) => cluster.url(database),
    run: () => runOnce(deps),
    async close() {
      await sessions.close();
      await Promise.all([hub.close(), customer.close(), peer.close(), connectors.close(1_000)]);
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Fails unless the customer's contacts and the peer's are the hub's, each in number and in hash. */
export async function assertSameContacts(hub: Sql, others: readonly (readonly [Sql, string])[]) {
  const wanted = await fingerprint(hub, `(${hubRowsQuery()})`);
  for (const [sql, table] of others) {
    assert.deepEqual(await fingerprint(sql, table), wanted, `${table} differs from the hub`);
  }
}

/** The hub's contacts as an export carries them, under the names of the customer's columns. */
export function hubRowsQuery(where = "true"): string {
  const { columns } = requireDataset("contacts");
  const values = columns.map((column, index) => `w.c${index + 1} as "${column.parameter}"`);
  const query = { dataset: requireDataset("contacts"), limits: new Map() };
  return `select ${values.join(", ")} from (${allRowsQuery(query)}) as w where ${where}`;
}

/** The statements that make a table of contacts with its primary key, as a user would. */
export function peerTableStatements(name: string): string {
  const table = { ...describeTable("contacts", contactsExport), name };
  const [create = ""] = createTableStatements(table);
  return `drop table if exists "${name}"; ${create.replace(/ with \(.*\)$/, "")}; ${
    primaryKeyStatement(table)
  }`;
}

async function fingerprint(sql: Sql, from: string): Promise<unknown> {
  const columns = requireDataset("contacts").columns.map(({ parameter }) => `t."${parameter}"`);
  const [row] = await sql.unsafe(
    `select count(*)::text as rows, sum(hashtextextended(row(${columns.join(", ")})::text, 0))::text
      as hash from ${from} as t`,
  );
  return { ...row };
}

async function runOnce(deps: ExportDeps): Promise<Counts> {
  const lease = await claimLease(deps.hub.sql, `export/bench`, randomUUID(), 3_600_000);
  if (lease === undefined) throw new Error("the lease is free");
  try {
    return await runExport(contactsExport, {
      runId: "1",
      name: "export/bench",
      scheduledAt: new Date(),
      cause: "command",
      lease,
      signal: new AbortController().signal,
      observe: () => undefined,
      clock: systemClock,
    }, deps);
  } finally {
    await releaseLease(deps.hub.sql, lease);
  }
}

/** Rows come in no order of their keys, as in a table that has lived; times are what JS can hold. */
function fillContacts(rows: number): string {
  return `insert into perigee.contacts (contact_id, external_customer_id, email, email_domain,
    email_status, sms, first_name, last_name, language_code, contact_source, created_date,
    last_sent_date, last_received_date, last_viewed_date, total_sent, total_received, total_viewed)
  select i, 'c-' || i, 'person' || i || '@example.com', 'example.com', 'ACTIVE',
    '+3805' || lpad(i::text, 8, '0'), 'First' || i % 1000, 'Last' || i % 5000, 'uk', 'IMPORT',
    at - i * interval '1 second', at, at, null, i % 50, i % 40, i % 20
  from generate_series(1, ${rows}) as i, date_trunc('milliseconds', now()) as at
  order by hashint4(i);
  select setval('perigee.contacts_contact_id_seq', ${rows});
  truncate perigee.changes_of_contacts`;
}

/** The target at a URL, with limits that suit long work. */
export function targetOf(url: string, name: string): ConnectionTarget {
  const { host, port, database, username, password } = parseConnectionUrl(url);
  return {
    name,
    host,
    port,
    database,
    username,
    password,
    ssl: { mode: "disable" },
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 0,
    lockTimeoutMs: 60_000,
    idleInTransactionTimeoutMs: 0,
    isPooled: false,
  };
}

/** A connector to a target. */
export function connectorTo(target: ConnectionTarget) {
  return {
    name: "shop",
    address: { ...target, isEmbedded: false },
    directAddress: undefined,
    replicaAddress: undefined,
    poolSize: 2,
    connectTimeoutMs: target.connectTimeoutMs,
    statementTimeoutMs: target.statementTimeoutMs,
    key: { column: "email", field: { kind: "email" } as const },
  };
}
