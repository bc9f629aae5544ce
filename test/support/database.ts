import { createHash, randomBytes } from "node:crypto";
import type { Sql } from "postgres";

import { loadMigrations, migrate } from "../../src/hub/migrate.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { parseConnectionUrl } from "../../src/postgres/connection_url.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { openPool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { requireTestCluster } from "./test_cluster.ts";

/** What frees a resource at the end: a test's context, or `after` of `node:test` for a file. */
export interface Scope {
  after(fn: () => void | Promise<void>): void;
}

/** A database of one's own: its URL, its target, and a pool of two connections to it. */
export interface TestDatabase {
  readonly url: string;
  readonly target: ConnectionTarget;
  readonly sql: Sql;
}

const migrationsFolder = new URL("../../migrations/", import.meta.url);

/** Constant of the lock under which the first of several files makes the template of the hub. */
const templateLock = 7_201_733;

/**
 * An empty database in which `setupSql` was run; dropped at the end of the scope. It is in the
 * cluster of this run, or in the one of which `cluster` is the superuser's address.
 */
export async function openTestDatabase(
  scope: Scope,
  setupSql = "",
  cluster?: string,
): Promise<TestDatabase> {
  const database = await openFrom(scope, cluster ?? await requireTestCluster(), "template0");
  if (setupSql !== "") await database.sql.unsafe(setupSql);
  return database;
}

/** A hub with all migrations applied, cloned from one that is made once a run; `cluster` as above. */
export async function openTestHub(scope: Scope, cluster?: string): Promise<TestDatabase> {
  const admin = cluster ?? await requireTestCluster();
  return await openFrom(scope, admin, await requireHubTemplate(admin));
}

/** The target of a database at a URL, with time limits that suit tests. */
export function testTarget(url: string, name = "test"): ConnectionTarget {
  const { host, port, database, username, password, ssl, isPooled } = parseConnectionUrl(url);
  return {
    name,
    host,
    port,
    database,
    username,
    password,
    ssl: { mode: ssl.mode },
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    lockTimeoutMs: 30_000,
    idleInTransactionTimeoutMs: 60_000,
    isPooled,
  };
}

async function openFrom(scope: Scope, admin: string, template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await runAsAdmin(
    admin,
    `create database ${quoteIdentifier(name)} template ${quoteIdentifier(template)}`,
  );
  const url = withDatabase(admin, name);
  const target = testTarget(url);
  const pool = openPool(target, { max: 2 });
  scope.after(async () => {
    await pool.close(0);
    await runAsAdmin(admin, `drop database ${quoteIdentifier(name)} with (force)`);
  });
  return { url, target, sql: pool.sql };
}

async function requireHubTemplate(admin: string): Promise<string> {
  const migrations = await loadMigrations(migrationsFolder);
  const content = createHash("sha256");
  for (const { checksum } of migrations) content.update(checksum);
  const name = `hub_template_${content.digest("hex").slice(0, 16)}`;
  const connection = await openConnection(testTarget(admin));
  const { sql } = connection;
  try {
    await sql`select pg_advisory_lock(${templateLock})`;
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (found !== undefined) return name;
    const unfinished = quoteIdentifier(`${name}_new`);
    await sql.unsafe(`drop database if exists ${unfinished} with (force)`);
    await sql.unsafe(`create database ${unfinished} template template0`);
    const hub = await openConnection(testTarget(withDatabase(admin, `${name}_new`)));
    await migrate(hub, migrations);
    await hub.end();
    await sql.unsafe(`alter database ${unfinished} rename to ${quoteIdentifier(name)}`);
    return name;
  } finally {
    await connection.end();
  }
}

async function runAsAdmin(admin: string, statement: string): Promise<void> {
  const connection = await openConnection(testTarget(admin));
  try {
    await connection.sql.unsafe(statement);
  } finally {
    await connection.end();
  }
}

function withDatabase(url: string, database: string): string {
  return url.replace(/\/[^/]*$/, `/${database}`);
}
