import assert from "node:assert/strict";
import { test } from "node:test";
import { datasets } from "../../src/dataset/datasets.ts";
import type { PerigeeError } from "../../src/error.ts";
import { openExport } from "../support/export_fixture.ts";

const someOfEach = `
insert into perigee.contacts (email, first_name, created_date)
  select 'c' || i || '@example.com', 'Name ' || i, timestamptz '2021-10-08 11:11:02.123456+03'
  from generate_series(1, 250) as i;
insert into perigee.orders (external_order_id, total_cost, status, order_date)
  select 'o' || i, i * 1.5, 'DELIVERED', '2022-01-01 00:00:00+00' from generate_series(1, 20) as i;
insert into perigee.order_items (order_id, name, cost)
  select i % 20 + 1, 'Item ' || i, 2.50 from generate_series(1, 40) as i;
insert into perigee.devices (application_id, device_id, contact_id) values (1, 'a', 1), (1, 'b', 2);
insert into perigee.events (event_type_key, contact_id, params_json)
  values ('birthday', 1, '[{"name": "ContactId", "value": "1"}]');
insert into perigee.broadcasts (name, status) values ('Spring', 'IDLE');
insert into perigee.messages (name, subject) values ('Hello', 'Hi');
insert into perigee.contact_activities (contact_id, activity_status) values (1, 'DELIVERED');
insert into perigee.revenue (external_order_id, total_cost, currency) values ('o1', 10, 'UAH');
`;

test("the first export makes the nine tables with the documented names, order and types", async (t) => {
  const { hub, customer, run } = await openExport(t);
  await hub.sql.unsafe(someOfEach);
  const counts = await run();
  assert.equal(counts["datasets"], 9);
  assert.equal(counts["written"], 317);
  const found = await customer.sql<{ name: string; columns: string[] }[]>`
    select c.relname as name, json_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and c.relname not like 'perigee%'
    group by c.relname`;
  const inCatalog: Record<string, string> = { timestamp: "timestamp without time zone" };
  const wanted = [...datasets.values()].map((dataset) => [
    dataset.name,
    dataset.columns.map(({ parameter, targetType }) =>
      `${parameter} ${inCatalog[targetType] ?? targetType.replace("varchar", "character varying")}`
    ),
  ]);
  assert.deepEqual(
    new Map(found.map(({ name, columns }) => [name, columns])),
    new Map(wanted as [string, string[]][]),
  );
});

test("a timestamp arrives in UTC without zone, to the microsecond", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  const [row] = await customer.sql<{ created: string }[]>`
    select "createdDate"::text as created from contacts where "contactId" = 1`;
  assert.equal(row?.created, "2021-10-08 08:11:02.123456");
});

test("an export with nothing to do writes nothing in the customer's database", async (t) => {
  const { hub, customer, run } = await openExport(t);
  await hub.sql.unsafe(someOfEach);
  await run();
  const versions = () =>
    customer.sql<{ name: string; versions: string }[]>`
      select table_name as name, xmin::text || ctid::text as versions from perigee_cursors
      union all select 'contacts', string_agg(xmin::text || ctid::text, ',') from contacts
      order by name`;
  const before = await versions();
  const counts = await run();
  assert.equal(counts["datasets"], 0);
  assert.deepEqual([...await versions()], [...before]);
});

test("a contact that changed arrives alone", async (t) => {
  const { hub, customer, run } = await openExport(t);
  await hub.sql.unsafe(someOfEach);
  await run();
  await hub.sql`update perigee.contacts set first_name = 'Dina' where contact_id = 7`;
  const counts = await run();
  assert.deepEqual([counts["datasets"], counts["read"], counts["written"]], [1, 1, 1]);
  const rows = await customer.sql<{ id: string }[]>`
    select "contactId"::text as id from contacts where "firstName" = 'Dina'`;
  assert.deepEqual(rows.map(({ id }) => id), ["7"]);
});

for (const rows of [3, 250]) {
  test(`${rows} changed, new and deleted rows arrive, and untouched copies stay as they are`, async (t) => {
    const { hub, customer, run } = await openExport(t);
    await hub.sql.unsafe(someOfEach);
    await run();
    await hub.sql`update perigee.contacts set last_name = 'Kozak' where contact_id <= ${rows}`;
    await hub.sql`update perigee.contacts set last_name = last_name where contact_id = ${rows}`;
    await hub.sql`delete from perigee.contacts where contact_id = 1`;
    await hub.sql`insert into perigee.contacts (email) values ('new@example.com')`;
    const counts = await run();
    assert.deepEqual([counts["written"], counts["deleted"]], [rows, 1]);
    const [sum] = await customer.sql<{ all: string; renamed: string }[]>`
      select count(*)::text as all, (count(*) filter (where "lastName" = 'Kozak'))::text as renamed
      from contacts`;
    assert.deepEqual([sum?.all, sum?.renamed], ["250", String(rows - 1)]);
    await hub.sql`update perigee.contacts set last_name = last_name`;
    const again = await run();
    assert.deepEqual([again["read"], again["written"]], [250, 0]);
  });
}

test("deleted rows stay at the customer's where deletes are kept, until they are propagated", async (t) => {
  const { hub, customer, run } = await openExport(t, { deletes: "keep", datasets: ["orders"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  await hub.sql`delete from perigee.orders where order_id <= 5`;
  assert.equal((await run())["deleted"], 0);
  assert.equal((await run({ deletes: "propagate" }))["deleted"], 5);
  const [sum] = await customer.sql<{ all: string }[]>`select count(*)::text as all from orders`;
  assert.equal(sum?.all, "15");
});

test("a row that a long transaction commits late is not missed", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  const writer = await hub.sql.reserve();
  await writer`begin`;
  await writer`update perigee.contacts set last_name = 'late' where contact_id = 1`;
  await hub.sql`update perigee.contacts set last_name = 'early' where contact_id = 2`;
  const first = await run();
  assert.equal(first["written"], 1);
  assert.ok((first["inProgress"] ?? 0) >= 1);
  await writer`commit`;
  writer.release();
  assert.equal((await run())["written"], 1);
  const [row] = await customer.sql<{ name: string }[]>`
    select "lastName" as name from contacts where "contactId" = 1`;
  assert.equal(row?.name, "late");
});

test("revenue and orders that change later arrive as updates of their rows", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["orders", "revenue"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  await hub.sql.unsafe(`update perigee.orders set status = 'CANCELED', total_cost = 0
      where order_id = 3;
    update perigee.revenue set total_cost = 7.5 where external_order_id = 'o1'`);
  const counts = await run();
  assert.deepEqual([counts["read"], counts["written"], counts["deleted"]], [2, 2, 0]);
  const [row] = await customer.sql<Record<string, unknown>[]>`
    select (select count(*)::integer from orders) as orders,
      (select "Status" || ' ' || "totalCost" from orders where "orderId" = 3) as order,
      (select string_agg("totalCost"::text, ',') from revenue) as revenue`;
  assert.deepEqual({ ...row }, { orders: 20, order: "CANCELED 0", revenue: "7.5" });
});

test("indexes, grants, triggers, foreign keys and comments outlive windows, comparisons and DDL", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  await customer.sql.unsafe(`create index mine on contacts (lower(email));
    grant select on contacts to public;
    create table notes (contact bigint references contacts on delete cascade);
    comment on column contacts.email is 'ours';
    create function keep() returns trigger language plpgsql as $$begin return new; end$$;
    create trigger keep before update on contacts for each row execute function keep()`);
  const objects = async () => {
    const [row] = await customer.sql<{ all: unknown }[]>`select json_build_array(
      to_regclass('mine') is not null, has_table_privilege('pg_monitor', 'contacts', 'select'),
      (select count(*) from pg_constraint where confrelid = 'contacts'::regclass),
      col_description('contacts'::regclass, (select attnum from pg_attribute
        where attrelid = 'contacts'::regclass and attname = 'email')),
      (select count(*) from pg_trigger where tgrelid = 'contacts'::regclass and tgname = 'keep')
    ) as all`;
    return row?.all;
  };
  const wanted = [true, true, 1, "ours", 1];
  assert.deepEqual(await objects(), wanted);
  await hub.sql`update perigee.contacts set first_name = 'a'`;
  assert.equal((await run())["written"], 250);
  assert.deepEqual(await objects(), wanted);
  await customer.sql.unsafe(`alter table contacts drop column sms;
    update contacts set "firstName" = 'b'`);
  assert.equal((await run())["written"], 250);
  assert.deepEqual(await objects(), wanted);
});

test("freshness is a query in the customer's database", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts", "orders"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  await hub.sql`update perigee.contacts set first_name = 'x' where contact_id < 4`;
  await run();
  const rows = await customer.sql<Record<string, unknown>[]>`
    select dataset, export, rows::text, rejected::text,
      last_success > now() - interval '1 minute' as is_recent,
      lag between '0' and '1 minute' as is_fresh, hub_snapshot ~ '^[0-9]+:[0-9]+:' as is_snapshot
    from perigee_exports order by dataset`;
  const same = {
    export: "shop",
    rejected: "0",
    is_recent: true,
    is_fresh: true,
    is_snapshot: true,
  };
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { dataset: "contacts", rows: "3", ...same },
    { dataset: "orders", rows: "20", ...same },
  ]);
});

test("an export that promises freshness confirms tables in which nothing changed", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  const confirmedAt = async () => {
    const [row] = await customer.sql<{ at: string }[]>`
      select last_success::text as at from perigee_exports`;
    return row?.at;
  };
  const first = await confirmedAt();
  assert.equal((await run({ maxStalenessMs: 3_600_000 }))["written"], 0);
  assert.equal(await confirmedAt(), first, "half of the hour is not over");
  await customer.sql`update perigee_cursors set confirmed_at = now() - interval '31 minutes'`;
  assert.equal((await run({ maxStalenessMs: 3_600_000 }))["written"], 0);
  const [row] = await customer.sql<{ is_confirmed: boolean }[]>`
    select last_success > now() - interval '1 minute' as is_confirmed from perigee_exports`;
  assert.equal(row?.is_confirmed, true);
});

test("a run tells rows, bytes and what it set aside under its full name", async (t) => {
  const { hub, customer, run, observations } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  await customer.sql`alter table contacts add check ("firstName" <> 'bad')`;
  for (const rows of [2, 200]) {
    await hub.sql`update perigee.contacts set last_name = ${`l${rows}`}
      where contact_id <= ${rows}`;
    await run();
  }
  await hub.sql`update perigee.contacts set first_name = 'bad' where contact_id = 1`;
  await run();
  const told = observations.flatMap((each) => "rows" in each ? [each] : []);
  assert.deepEqual(
    told.map(({ kind, name, dataset, rows }) => `${kind} ${name} ${dataset} ${rows}`),
    [
      "rows_moved export/shop contacts 250",
      "rows_moved export/shop contacts 2",
      "rows_moved export/shop contacts 200",
      "rows_moved export/shop contacts 0",
      "rows_set_aside export/shop contacts 1",
    ],
  );
  for (const each of told.filter(({ kind }) => kind === "rows_moved")) {
    const bytes = "bytes" in each ? each.bytes : 0;
    assert.ok(bytes > 50 * Math.max(each.rows, 1), `${bytes} bytes for ${each.rows} rows`);
  }
});

test("a table of the customer's with extra columns and a view on it keeps both", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(someOfEach);
  await run();
  await customer.sql.unsafe(`alter table contacts add column note text;
    update contacts set note = 'mine' where "contactId" = 3;
    create view named as select "contactId", note from contacts;
    alter table contacts drop column "sms"`);
  await hub
    .sql`update perigee.contacts set first_name = 'again', sms = '+380000000003' where contact_id = 3`;
  await run();
  const rows = await customer.sql<{ note: string; name: string; sms: string }[]>`
    select named.note, "firstName" as name, sms from named join contacts using ("contactId")
    where "contactId" = 3`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { note: "mine", name: "again", sms: "+380000000003" },
  ]);
});

test("a dataset whose table does not fit stops alone, and says column, found and wanted type", async (t) => {
  const { hub, customer, run, observations } = await openExport(t);
  await hub.sql.unsafe(someOfEach);
  await run();
  await customer.sql.unsafe(`alter table contacts drop column "totalSent";
    alter table contacts add column "totalSent" date`);
  await hub.sql.unsafe(`update perigee.contacts set first_name = 'x' where contact_id = 1;
    update perigee.orders set status = 'CANCELED' where order_id = 1`);
  await assert.rejects(run(), (error: PerigeeError) => {
    assert.equal(error.code, "PG510");
    assert.match(
      error.message,
      /1 of 9 .*public\.contacts: column totalSent is date, wanted integer/,
    );
    assert.match(error.advice ?? "", /Alter the column to integer/);
    return true;
  });
  const stopped = observations.filter(({ kind }) => kind === "dataset_stopped");
  assert.equal(stopped.length, 1);
  const [row] = await customer.sql<{ status: string }[]>`
    select "Status" as status from orders where "orderId" = 1`;
  assert.equal(row?.status, "CANCELED");
});
