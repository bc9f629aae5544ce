import assert from "node:assert/strict";
import { test } from "node:test";
import { planExport } from "../../src/export/plan_export.ts";
import { resyncExport } from "../../src/export/resync_export.ts";
import { repairExport, verifyExport } from "../../src/export/verify_export.ts";
import { type ExportFixture, openExport } from "../support/export_fixture.ts";

const rows = `insert into perigee.contacts (email, first_name, created_date)
    select 'c' || i || '@example.com', repeat('n', i % 70), now()
    from generate_series(1, 12000) as i;
  insert into perigee.orders (total_cost, order_date) select i * 1.10, now() from generate_series(1, 30) as i;
  insert into perigee.events (event_type_key, params_json) values ('e', '[{"name": "a", "value": 1.50}]');
  insert into perigee.devices (application_id, device_id) values (1, 'Ä "quoted"'), (1, 'b')`;

async function verify({ config, deps }: ExportFixture) {
  const report = await verifyExport(config, deps);
  assert.equal(report.stopped.size, 0);
  return report;
}

test("a fresh export verifies equal in every range, whatever its values are", async (t) => {
  const fixture = await openExport(t);
  await fixture.hub.sql.unsafe(rows);
  await fixture.run();
  const { tables } = await verify(fixture);
  assert.deepEqual(tables.flatMap(({ differences }) => differences), []);
  const contacts = tables.find(({ dataset }) => dataset === "contacts");
  assert.deepEqual([contacts?.hubRows, contacts?.tableRows, contacts?.ranges], [12_000, 12_000, 3]);
});

test("what was changed behind the export's back is listed by key, and repaired", async (t) => {
  const fixture = await openExport(t);
  const { hub, customer, run, config, deps, context } = fixture;
  await hub.sql.unsafe(rows);
  await run();
  await customer.sql.unsafe(`update contacts set "lastName" = 'tampered' where "contactId" = 7000;
    delete from contacts where "contactId" = 11999;
    insert into contacts ("contactId") values (99999);
    delete from devices where "deviceId" = 'b'`);
  const report = await verify(fixture);
  assert.deepEqual(
    report.tables.flatMap(({ dataset, differences }) =>
      differences.map(({ key, kind }) => `${dataset} ${key} ${kind}`)
    ),
    [
      "contacts [7000] different",
      "contacts [11999] missing",
      "contacts [99999] extra",
      'devices [1, "b"] missing',
    ],
  );
  const counts = await repairExport(config, await context(), deps, report);
  assert.deepEqual([counts["read"], counts["written"], counts["deleted"]], [4, 3, 1]);
  assert.deepEqual((await verify(fixture)).tables.flatMap(({ differences }) => differences), []);
});

test("a table in which more differs than is listed is repaired by comparing all of it", async (t) => {
  const fixture = await openExport(t, { datasets: ["contacts", "orders"] });
  const { hub, customer, run, config, deps, context, observations } = fixture;
  await hub.sql.unsafe(rows);
  await run();
  await customer.sql.unsafe(`update contacts set "lastName" = 'tampered' where "contactId" > 11000;
    delete from orders where "orderId" = 3`);
  const report = await verify(fixture);
  assert.deepEqual(report.tables.map(({ differing }) => differing), [1_000, 1]);
  const unlisted = report.tables.map((table) =>
    table.dataset === "contacts" ? { ...table, differences: table.differences.slice(0, 10) } : table
  );
  await repairExport(config, await context(), deps, { ...report, tables: unlisted });
  assert.deepEqual((await verify(fixture)).tables.map(({ differing }) => differing), [0, 0]);
  const compared = observations.filter(({ kind }) => kind === "resync_needed");
  assert.deepEqual(compared.map((each) => "dataset" in each && each.dataset), ["contacts"]);
});

test("many ranges are compared slice by slice, and rows that share a first value in pieces", async (t) => {
  const fixture = await openExport(t, { datasets: ["broadcasts", "devices"] });
  const { hub, customer, run } = fixture;
  await hub.sql.unsafe(`insert into perigee.broadcasts (id, name)
      select i * 3, 'b' from generate_series(1, 210000) as i;
    insert into perigee.devices (application_id, device_id)
      select 7, 'd' || i from generate_series(1, 60000) as i`);
  await run();
  await customer.sql.unsafe(`insert into broadcasts (id) values (-5), (4), (900000);
    update broadcasts set name = 'x' where id in (15000, 600000, 600003, 630000);
    delete from broadcasts where id in (3, 599997);
    delete from devices where "deviceId" in ('d1', 'd60000')`);
  const { tables } = await verify(fixture);
  const found = tables.map(({ hubRows, tableRows, ranges, differences }) => ({
    hubRows,
    tableRows,
    ranges,
    keys: differences.map(({ key, kind }) => `${kind} ${key}`).sort(),
  }));
  assert.deepEqual(found, [
    {
      hubRows: 210_000,
      tableRows: 210_001,
      ranges: 43,
      keys: [
        ...["15000", "600000", "600003", "630000"].map((id) => `different [${id}]`),
        ...["-5", "4", "900000"].map((id) => `extra [${id}]`),
        ...["3", "599997"].map((id) => `missing [${id}]`),
      ].sort(),
    },
    {
      hubRows: 60_000,
      tableRows: 59_998,
      ranges: 2,
      keys: ['missing [7, "d1"]', 'missing [7, "d60000"]'],
    },
  ]);
});

test("changes that wait for the next run, refused rows and kept rows are no differences", async (t) => {
  const fixture = await openExport(t, { datasets: ["contacts"], deletes: "keep" });
  const { hub, customer, run } = fixture;
  await hub.sql.unsafe(rows);
  await run();
  await customer.sql`alter table contacts add check ("lastName" <> 'bad')`;
  await hub.sql`delete from perigee.contacts where contact_id = 1`;
  await hub.sql`update perigee.contacts set last_name = 'bad' where contact_id = 2`;
  await run();
  await hub.sql`update perigee.contacts set last_name = 'later' where contact_id in (3, 4)`;
  await hub.sql`delete from perigee.contacts where contact_id = 5`;
  const [table] = (await verify(fixture)).tables;
  assert.deepEqual(
    [table?.differences, table?.pending, table?.rejected, table?.kept],
    [[], 3, 1, 1],
  );
});

test("a verification tells columns of altered types equal when their values are", async (t) => {
  const fixture = await openExport(t, { datasets: ["orders"] });
  const { hub, customer, run } = fixture;
  await hub.sql.unsafe(rows);
  await run();
  await customer.sql.unsafe(`alter table orders alter column "totalCost" type numeric(12, 4),
    alter column "orderDate" type timestamptz using "orderDate" at time zone 'UTC'`);
  await run();
  const [table] = (await verify(fixture)).tables;
  assert.deepEqual(table?.differences, []);
});

test("a plan tells the DDL and the rows of a first export, and nothing is written", async (t) => {
  const { hub, customer, config, deps } = await openExport(t, { datasets: ["contacts", "orders"] });
  await hub.sql.unsafe(rows);
  const plan = await planExport(config, deps);
  assert.deepEqual(plan.tables.map(({ table, work, inserts }) => [table, work, inserts]), [
    ["public.contacts", "load", 12_000],
    ["public.orders", "load", 30],
  ]);
  assert.match(plan.statements.join("\n"), /create table if not exists "public"."perigee_cursors"/);
  assert.match(plan.tables[0]?.statements.join("\n") ?? "", /add primary key \("contactId"\)/);
  const [sum] = await customer.sql<{ count: number }[]>`
    select count(*)::integer from pg_class where relnamespace = 'public'::regnamespace`;
  assert.equal(sum?.count, 0);
});

test("a plan tells what a later run would insert, update, delete, leave and alter", async (t) => {
  const { hub, customer, config, deps, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(rows);
  await run();
  await hub.sql.unsafe(`update perigee.contacts set last_name = 'x' where contact_id <= 10;
    delete from perigee.contacts where contact_id > 11990;
    insert into perigee.contacts (email) values ('new@example.com')`);
  const numbers = async () => {
    const [table] = (await planExport(config, deps)).tables;
    return [table?.work, table?.inserts, table?.updates, table?.deletes, table?.unchanged];
  };
  assert.deepEqual(await numbers(), ["window", 1, 10, 10, 11_980]);
  await customer.sql`alter table contacts drop column sms`;
  const [table] = (await planExport(config, deps)).tables;
  assert.deepEqual(table?.statements, [
    'alter table "public"."contacts" add column "sms" varchar(50)',
  ]);
  assert.equal(table?.reason, "columns were added: sms");
  await run();
  assert.deepEqual(await numbers(), ["nothing", 0, 0, 0, 11_991]);
});

test("a resync compares the tables that it names in full, and takes over a renamed export's", async (t) => {
  const { hub, customer, config, deps, run } = await openExport(t, {
    datasets: ["contacts", "orders"],
  });
  await hub.sql.unsafe(rows);
  assert.deepEqual(await resyncExport(config, deps), []);
  await run();
  await customer.sql`update contacts set "lastName" = 'tampered'`;
  assert.deepEqual(await resyncExport({ ...config, name: "renamed" }, deps, ["contacts"]), [
    "contacts",
  ]);
  const counts = await run({ name: "renamed", longValues: "widen", datasets: ["contacts"] });
  assert.equal(counts["written"], 12_000);
  const [sum] = await customer.sql<{ count: number }[]>`
    select count(*)::integer from contacts where "lastName" is not null`;
  assert.equal(sum?.count, 0);
});
