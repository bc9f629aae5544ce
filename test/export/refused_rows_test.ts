import assert from "node:assert/strict";
import { test } from "node:test";
import type { PerigeeError } from "../../src/error.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { openPool } from "../../src/postgres/pool.ts";
import { openTestHub, type TestDatabase, testTarget } from "../support/database.ts";
import { type ExportFixture, joinExport, openExport } from "../support/export_fixture.ts";
import { requireTestCluster } from "../support/test_cluster.ts";

const contacts = `insert into perigee.contacts (email, first_name)
  select 'c' || i || '@example.com', 'Name ' || i from generate_series(1, 400) as i`;

interface Refused {
  readonly key: string;
  readonly sqlstate: string;
  readonly column_name: string | null;
  readonly is_delete: boolean;
}

async function refused({ customer }: ExportFixture): Promise<Refused[]> {
  const rows = await customer.sql<Refused[]>`
    select key::text, sqlstate, column_name, is_delete from perigee_rejects order by key`;
  return rows.map((row) => ({ ...row }));
}

async function openWithCheck(t: Parameters<typeof openExport>[0]): Promise<ExportFixture> {
  const fixture = await openExport(t, { datasets: ["contacts"] });
  await fixture.hub.sql.unsafe(contacts);
  await fixture.run();
  await fixture.customer.sql`alter table contacts add check ("firstName" not like 'bad%')`;
  return fixture;
}

for (const changed of [5, 400]) {
  test(`of ${changed} changed rows the two refused ones are set aside and the rest arrives`, async (t) => {
    const fixture = await openWithCheck(t);
    const { hub, customer, run } = fixture;
    await hub.sql`update perigee.contacts set last_name = 'new' where contact_id <= ${changed}`;
    await hub.sql`update perigee.contacts set first_name = 'bad' where contact_id in (2, 4)`;
    const counts = await run();
    assert.deepEqual([counts["written"], counts["rejected"]], [changed - 2, 2]);
    const reject = { sqlstate: "23514", column_name: null, is_delete: false };
    assert.deepEqual(await refused(fixture), [
      { key: '{"contactId": 2}', ...reject },
      { key: '{"contactId": 4}', ...reject },
    ]);
    const [row] = await customer.sql<{ rejected: string }[]>`
      select rejected::text from perigee_exports where dataset = 'contacts'`;
    assert.equal(row?.rejected, "2");

    await hub.sql`update perigee.contacts set first_name = 'good' where contact_id = 2`;
    assert.equal((await run())["written"], 1);
    assert.deepEqual((await refused(fixture)).map(({ key }) => key), ['{"contactId": 4}']);
  });
}

test("a full comparison tries all refused rows again and deletes none of their older copies", async (t) => {
  const fixture = await openWithCheck(t);
  const { hub, customer, run } = fixture;
  await hub.sql`update perigee.contacts set first_name = 'bad' where contact_id = 9`;
  await run();
  await hub.sql`delete from perigee.contacts where contact_id = 10`;
  await customer.sql`update perigee_cursors set snapshot = null`;
  const counts = await run();
  assert.deepEqual([counts["rejected"], counts["deleted"], counts["written"]], [1, 1, 0]);
  const [row] = await customer.sql<{ name: string }[]>`
    select "firstName" as name from contacts where "contactId" = 9`;
  assert.equal(row?.name, "Name 9");
});

test("of a table that was there before the first export, refused rows are set aside at once", async (t) => {
  const fixture = await openExport(t, { datasets: ["devices"] });
  const { hub, customer, run } = fixture;
  await customer.sql.unsafe(`create table devices ("applicationId" integer, "deviceId" varchar(250),
    category varchar(255) check (category <> 'bad'), primary key ("applicationId", "deviceId"))`);
  await hub.sql`insert into perigee.devices (application_id, device_id, category)
    values (1, 'a', 'good'), (1, 'b', 'bad')`;
  const counts = await run();
  assert.deepEqual([counts["written"], counts["rejected"]], [1, 1]);
  assert.deepEqual((await refused(fixture)).map(({ sqlstate }) => sqlstate), ["23514"]);
  assert.equal((await run())["datasets"], 0);
});

test("a dataset that stops at its first export leaves no cursor behind", async (t) => {
  const { customer, hub, run } = await openExport(t, { datasets: ["devices", "orders"] });
  await customer.sql.unsafe(`create table devices ("applicationId" integer, "deviceId" varchar(250),
      primary key ("applicationId", "deviceId"));
    create function refuse() returns trigger language plpgsql as
      $$begin raise exception using errcode = '42501'; end$$;
    create trigger refuse before insert on devices for each row execute function refuse()`);
  await hub.sql`insert into perigee.devices (application_id, device_id) values (1, 'a')`;
  await assert.rejects(run(), (error: PerigeeError) => error.code === "PG510");
  const rows = await customer.sql<{ name: string }[]>`
    select table_name as name from perigee_cursors`;
  assert.deepEqual(rows.map(({ name }) => name), ["orders"]);
});

test("a row whose deletion is refused is set aside as such", async (t) => {
  const fixture = await openExport(t, { datasets: ["contacts"] });
  await fixture.hub.sql.unsafe(contacts);
  await fixture.run();
  await fixture.customer.sql.unsafe(`create table notes (contact bigint references contacts);
    insert into notes values (3)`);
  await fixture.hub.sql`delete from perigee.contacts where contact_id in (3, 4)`;
  const counts = await fixture.run();
  assert.deepEqual([counts["deleted"], counts["rejected"]], [1, 1]);
  assert.deepEqual(await refused(fixture), [
    { key: '{"contactId": 3}', sqlstate: "23503", column_name: null, is_delete: true },
  ]);
});

for (const changed of [1, 300]) {
  test(`a new row may take over the unique value of a deleted one, among ${changed} changes and in full`, async (t) => {
    const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
    await hub.sql.unsafe(contacts);
    await run();
    await customer.sql`create unique index on contacts (email)`;
    const replace = async (gone: number) => {
      await hub.sql`delete from perigee.contacts where contact_id = ${gone}`;
      await hub.sql`insert into perigee.contacts (contact_id, email)
        values (${1000 - gone}, ${`c${gone}@example.com`})`;
      await hub.sql`update perigee.contacts set first_name = 'x' || first_name
        where contact_id <= ${changed}`;
    };
    await replace(390);
    assert.deepEqual([(await run())["rejected"], (await run())["datasets"]], [0, 0]);
    await replace(380);
    await customer.sql`update perigee_cursors set snapshot = null`;
    const full = await run();
    assert.deepEqual([full["rejected"], full["deleted"]], [0, 1]);
    await customer.sql`alter table contacts add check ("firstName" <> 'bad')`;
    await replace(370);
    await hub.sql`update perigee.contacts set first_name = 'bad' where contact_id = 5`;
    assert.equal((await run())["rejected"], 1);
  });
}

test("where more rows are refused than a table may refuse, the dataset stops and nothing is written", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts", "orders"] });
  await hub.sql.unsafe(`insert into perigee.contacts (email)
    select 'c' || i || '@example.com' from generate_series(1, 1500) as i`);
  await run();
  await customer.sql`alter table contacts add check ("lastName" is null)`;
  await hub.sql`update perigee.contacts set last_name = 'x'`;
  await hub.sql`insert into perigee.orders (status) values ('INITIALIZED')`;
  await assert.rejects(run(), (error: PerigeeError) => {
    assert.match(error.message, /contacts.*more than 1000 rows were refused.*SQLSTATE 23514/);
    return error.code === "PG510" && error.sqlstate === "23514";
  });
  const [sum] = await customer.sql<{ orders: number; rejects: number }[]>`
    select (select count(*)::integer from orders) as orders,
      (select count(*)::integer from perigee_rejects) as rejects`;
  assert.deepEqual({ ...sum }, { orders: 1, rejects: 0 });
});

test("a value that a column cannot hold unchanged is refused with the column, not rounded", async (t) => {
  const fixture = await openExport(t, { datasets: ["orders"] });
  const { hub, customer, run } = fixture;
  await run();
  await customer.sql`alter table orders alter column "totalCost" type numeric(10, 2)`;
  await hub.sql`insert into perigee.orders (total_cost) values (1.5), (1.005), ('NaN'), (20)`;
  const counts = await run();
  assert.deepEqual([counts["written"], counts["rejected"]], [3, 1]);
  assert.deepEqual(await refused(fixture), [
    { key: '{"orderId": 2}', sqlstate: "22000", column_name: "totalCost", is_delete: false },
  ]);
});

test("a number that is out of a narrowed column's range is refused", async (t) => {
  const fixture = await openExport(t, { datasets: ["contacts"] });
  const { hub, customer, run } = fixture;
  await run();
  await customer.sql`alter table contacts alter column "totalSent" type smallint`;
  await hub.sql`insert into perigee.contacts (total_sent) values (1), (40000)`;
  assert.equal((await run())["rejected"], 1);
  assert.deepEqual((await refused(fixture)).map(({ sqlstate }) => sqlstate), ["22003"]);
});

test("without status tables refused rows are counted, and no table of rejects is made", async (t) => {
  const fixture = await openExport(t, { datasets: ["contacts"], statusTables: false });
  const { hub, customer, run } = fixture;
  await hub.sql.unsafe(contacts);
  await run();
  await customer.sql`alter table contacts add check ("firstName" <> 'bad')`;
  await hub.sql`update perigee.contacts set first_name = 'bad' where contact_id = 1`;
  assert.equal((await run())["rejected"], 1);
  const relations = await customer.sql<{ name: string }[]>`
    select relname as name from pg_class where relname like 'perigee%' and relkind in ('r', 'v')`;
  assert.deepEqual(relations.map(({ name }) => name), ["perigee_cursors"]);
});

test("a key that is too long for its column is refused, never cut", async (t) => {
  const fixture = await openExport(t, { datasets: ["devices"] });
  await fixture.hub.sql`insert into perigee.devices (application_id, device_id)
    values (1, repeat('d', 251)), (1, 'short')`;
  const counts = await fixture.run();
  assert.deepEqual([counts["written"], counts["rejected"]], [1, 1]);
  assert.deepEqual((await refused(fixture)).map(({ sqlstate }) => sqlstate), ["22001"]);
});

test("a database that is not UTF-8 gets the rows that it can hold, at the first export too", async (t) => {
  const hub = await openTestHub(t);
  const fixture = joinExport(t, hub, await openLatinDatabase(t), { datasets: ["devices"] });
  await hub.sql`insert into perigee.devices (application_id, device_id, category)
    values (1, 'a', 'München'), (1, 'b', '日本'), (2, '日本', 'c'), (3, 'd', 'e')`;
  const first = await fixture.run();
  assert.deepEqual([first["written"], first["rejected"]], [2, 2]);
  assert.deepEqual((await refused(fixture)).map(({ sqlstate }) => sqlstate), ["22P05", "22P05"]);
  await hub.sql`update perigee.devices set category = 'Köln' where device_id = 'b'`;
  assert.equal((await fixture.run())["written"], 1);
  assert.equal((await refused(fixture)).length, 1);
});

async function openLatinDatabase(t: Parameters<typeof openExport>[0]): Promise<TestDatabase> {
  const admin = openPool(testTarget(await requireTestCluster()), { max: 1 });
  const name = `latin_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.sql.unsafe(`create database ${quoteIdentifier(name)} template template0
    encoding 'LATIN1' locale 'C'`);
  const url = admin.target;
  const target = { ...url, database: name };
  const pool = openPool(target, { max: 2 });
  t.after(async () => {
    await pool.close(0);
    await admin.sql.unsafe(`drop database ${quoteIdentifier(name)} with (force)`);
    await admin.close(0);
  });
  return { url: "", target, sql: pool.sql };
}
