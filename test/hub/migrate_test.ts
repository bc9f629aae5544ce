import assert from "node:assert/strict";
import test from "node:test";
import { loadMigrations, migrate, type Migration } from "../../src/hub/migrate.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { openTestDatabase, type Scope } from "../support/database.ts";

const migrations = await loadMigrations(new URL("../../migrations/", import.meta.url));
const names = migrations.map(({ name }) => name);

async function migrateAt(
  target: ConnectionTarget,
  known: readonly Migration[] = migrations,
): Promise<string[]> {
  const connection = await openConnection(target);
  try {
    return await migrate(connection, known);
  } finally {
    connection.destroy();
  }
}

async function openMigrated(scope: Scope) {
  const database = await openTestDatabase(scope);
  await migrateAt(database.target);
  return database;
}

test("twenty daemons that start at once apply each migration once", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const applied = await Promise.all(Array.from({ length: 20 }, () => migrateAt(target)));
  assert.deepEqual(applied.filter(({ length }) => length > 0), [names]);
  const rows = await sql<{ name: string }[]>`select name from perigee.migrations order by version`;
  assert.deepEqual(rows.map(({ name }) => name), names);
});

test("a hub that is up to date is left alone", async (t) => {
  const { target } = await openMigrated(t);
  assert.deepEqual(await migrateAt(target), []);
});

test("a migration that was changed after it was applied is refused, and nothing is applied", async (t) => {
  const { target, sql } = await openMigrated(t);
  const last = migrations.at(-1) as Migration;
  const changed = migrations.map((each, index) => index === 0 ? { ...each, checksum: "0" } : each);
  const next = {
    ...last,
    version: last.version + 1,
    name: "next",
    sql: "create table public.next ()",
  };
  await assert.rejects(migrateAt(target, [...changed, next]), { code: "PG301", kind: "schema" });
  const [row] = await sql<
    { next: string | null }[]
  >`select to_regclass('public.next')::text as next`;
  assert.equal(row?.next, null);
});

test("a hub that is newer than the program is refused by the name of what it does not know", async (t) => {
  const { target } = await openMigrated(t);
  const last = names.at(-1) as string;
  await assert.rejects(migrateAt(target, migrations.slice(0, -1)), {
    code: "PG302",
    message: new RegExp(last),
  });
});

test("a migration that fails leaves nothing of itself and of those before it", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const broken = { version: 9999, name: "broken", sql: "select 1 / 0", checksum: "x" };
  await assert.rejects(migrateAt(target, [...migrations, broken]));
  const [row] = await sql<{ count: number }[]>`
    select count(*)::integer from pg_namespace where nspname = 'perigee'`;
  assert.equal(row?.count, 0);
});

test("a role that owns the schema needs no right to create schemas", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const role = quoteIdentifier(`${target.database}_owner`);
  await sql.unsafe(
    `create role ${role} login password 'hub'; create schema perigee authorization ${role}`,
  )
    .simple();
  try {
    const asOwner = { ...target, username: `${target.database}_owner`, password: "hub" };
    assert.deepEqual(await migrateAt(asOwner), names);
  } finally {
    await sql.unsafe(`drop owned by ${role} cascade; drop role ${role}`).simple();
  }
});
