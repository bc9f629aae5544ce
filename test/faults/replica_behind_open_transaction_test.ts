import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "postgres";
import { openConnection } from "../../src/postgres/connection.ts";
import { openPool } from "../../src/postgres/pool.ts";
import { openTestHub, testTarget } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { lastFirst } from "../support/last_first.ts";
import { Seeded } from "../support/seeded.ts";
import { startReplication } from "../support/standby.ts";
import { waitFor } from "../support/wait.ts";
import { deadlineMs } from "./fault_world.ts";

const shopSql = `
  create table customers (id integer primary key, email text not null unique, name text);
  insert into customers select n, 'c' || n || '@example.com', 'old' from generate_series(1, 60) as n;
  create role stranger login password 'planted-secret'`;

/** Changes, of transactions that overlap, in each writer. */
const changes = 30;

async function readAll(sql: Sql, statement: string): Promise<string[]> {
  const rows = await sql.unsafe<{ row: string }[]>(statement);
  return rows.map(({ row }) => row);
}

/** Changes rows that no other writer has, in transactions with savepoints, some of them rolled back. */
async function write(sql: Sql, random: Seeded, writer: number): Promise<void> {
  const session = await sql.reserve();
  try {
    for (let change = 0; change < changes; change += 1) {
      await session`begin`;
      for (let row = 0; row <= random.below(3); row += 1) {
        await session`savepoint s`;
        const id = 10 + 10 * writer + random.below(10);
        await session`update customers set name = ${`${writer}.${change}`} where id = ${id}`;
        if (random.isHit(0.2)) await session`rollback to savepoint s`;
        await session`select pg_sleep(${random.next() * 0.05})`;
      }
      await session.unsafe(random.isHit(0.1) ? "rollback" : "commit");
    }
  } finally {
    session.release();
  }
}

test("an import from a replica reads what is committed beyond an open transaction, and misses nothing", async (t) => {
  const scope = lastFirst(t);
  const { primary, standby } = await startReplication(scope);
  const hub = await openTestHub(scope);
  const shop = openPool(testTarget(primary.superuserUrl), { max: 4 });
  scope.after(() => shop.close(0));
  await shop.sql.unsafe(shopSql);
  const { database } = shop.target;
  const onReplica = openPool(testTarget(standby.superuserUrl), { max: 1 });
  scope.after(() => onReplica.close(0));
  await waitFor("the table at the replica", async () => {
    const [row] = await onReplica.sql`select from customers limit 1`;
    return row && true;
  }, deadlineMs);

  // Who reads the primary all the same is refused there.
  const daemon = spawnDaemon(scope, {
    config: await writeConfig(
      scope,
      `
hub: { url: "${hub.url}" }
server: { port: 0 }
connectors:
  shop:
    url: "${primary.url(database, "stranger", "planted-secret")}"
    replica: "${standby.superuserUrl}"
    key: { column: email, field: email }
imports:
  customers: { connector: shop, table: customers, every: 1s, mapping: { email: email, firstName: name } }
`,
    ),
  });
  const isImported = (what: string, from: Sql = shop.sql) =>
    waitFor(`the hub to equal the shop: ${what}`, async () => {
      const wanted = await readAll(
        from,
        "select email || ' ' || name as row from customers order by 1",
      );
      const found = await readAll(
        hub.sql,
        "select email || ' ' || first_name as row from perigee.contacts order by 1",
      );
      assert.deepEqual(found, wanted);
      return true;
    }, deadlineMs);
  await isImported("at first");

  const late = await openConnection(shop.target);
  scope.after(() => late.destroy());
  await late.sql.unsafe(`begin; update customers set name = 'late' where id = 1; savepoint inside;
    update customers set name = 'late inside' where id = 2`);
  for (const name of ["first", "second", "third"]) {
    await shop.sql`update customers set name = ${name} where id = 3`;
    await isImported(`${name}, beside the open transaction`);
  }
  await late.sql.unsafe("commit");
  await isImported("after its commit");
  assert.deepEqual(
    await readAll(
      hub.sql,
      "select first_name as row from perigee.contacts where email ~ '^c[12]@' order by 1",
    ),
    ["late", "late inside"],
  );

  await Promise.all(
    [0, 1, 2, 3].map((writer) => write(shop.sql, new Seeded(7, `${writer}`), writer)),
  );
  await isImported("after writers whose transactions overlapped");

  await primary.stop();
  await onReplica.sql`select pg_promote(true, 60)`;
  await onReplica.sql`update customers set name = 'promoted' where id > 50`;
  await isImported("after the replica became a primary", onReplica.sql);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
