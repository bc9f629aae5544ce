import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openConnection } from "../../src/postgres/connection.ts";
import { findAll, happened, importOnce, mapTo } from "../support/imports.ts";
import { openTestDatabase } from "../support/database.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table customers (
    id integer primary key, email text not null unique, first_name text,
    updated_at timestamptz not null default now());
  create index on customers (updated_at);
  insert into customers (id, email, first_name)
    select i, 'user' || i || '@example.com', 'old' from generate_series(1, 20) i`);
const mapping = [mapTo("firstName", "first_name")];

/** A transaction that stays open while the imports run. */
const late = await openConnection(world.shop.target);
after(() => late.end());

/** What every synchronisation by a watermark does: newer than the newest that was seen. */
async function readNaively(watermark: string): Promise<string[]> {
  const rows = await world.shop.sql<{ email: string }[]>`
    select email from customers where updated_at > ${watermark}::text::timestamptz order by id`;
  return rows.map(({ email }) => email);
}

async function firstNames(): Promise<unknown[]> {
  const rows = await findAll(world, "first_name");
  return rows.map((row) => row["first_name"]).filter((name) => name !== "old");
}

for (const cursor of [undefined, { column: "updated_at", lookbackMs: 0 }]) {
  const how = cursor === undefined ? "xmin alone" : "a cursor with a lookback of nothing";
  test(`a row that is committed late is missed by a watermark and found with ${how}`, async () => {
    const config = importOf(`late_${cursor?.column}`, "customers", mapping, { cursor });
    await world.shop.sql`update customers set first_name = 'old'`;
    await importOnce(world, config);
    await importOnce(world, config);
    await late.sql.unsafe("begin");
    await late.sql.unsafe(
      "update customers set first_name = 'plain', updated_at = now() where id = 1",
    );
    await late.sql.unsafe("savepoint inside");
    await late.sql.unsafe(
      "update customers set first_name = 'saved', updated_at = now() where id = 2",
    );
    await world.shop
      .sql`update customers set first_name = 'early', updated_at = clock_timestamp() where id = 3`;
    await importOnce(world, config);
    assert.deepEqual(await firstNames(), ["early"]);
    const [seen] = await world.shop.sql<{ watermark: string }[]>`
      select max(updated_at)::text as watermark from customers`;
    await importOnce(world, config);
    await late.sql.unsafe("commit");
    assert.deepEqual(await readNaively(seen?.watermark ?? ""), []);
    const counts = await importOnce(world, config);
    assert.equal(counts["updated"], 2);
    assert.deepEqual((await firstNames()).sort(), ["early", "plain", "saved"]);
    assert.deepEqual(happened(await importOnce(world, config)), {});
  });
}

test("rows of an aborted transaction are neither read nor waited for", async () => {
  const config = importOf("aborted", "customers", mapping);
  await importOnce(world, config);
  await late.sql.unsafe("begin; update customers set first_name = 'never' where id = 9; rollback");
  assert.deepEqual(happened(await importOnce(world, config)), {});
});

test("a transaction that is open in another database has nothing read again", async () => {
  const elsewhere = await openTestDatabase({ after }, "create table other (id integer)");
  const open = await openConnection(elsewhere.target);
  await open.sql.unsafe("begin; insert into other values (1)");
  const config = importOf("elsewhere", "customers", mapping);
  await world.shop.sql`update customers set first_name = 'here' where id = 12`;
  await importOnce(world, config);
  assert.deepEqual(happened(await importOnce(world, config)), {});
  await open.end();
});
