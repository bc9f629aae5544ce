import assert from "node:assert/strict";
import { test } from "node:test";
import type { PerigeeError } from "../../src/error.ts";
import { openTestDatabase } from "../support/database.ts";
import { joinExport, openExport } from "../support/export_fixture.ts";

const longNames = `insert into perigee.contacts (email, first_name)
  values ('a@example.com', repeat('ä', 60)), ('b@example.com', 'short')`;

test("long values are cut to the documented length and counted, on every way", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(longNames);
  assert.equal((await run())["truncated"], 1);
  await hub.sql`update perigee.contacts set last_name = repeat('n', 51) where contact_id = 2`;
  assert.equal((await run())["truncated"], 1);
  await customer.sql`update perigee_cursors set snapshot = null`;
  const full = await run();
  assert.deepEqual([full["truncated"], full["written"]], [2, 0]);
  const rows = await customer.sql<{ first: string; last: string | null }[]>`
    select "firstName" as first, "lastName" as last from contacts order by "contactId"`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { first: "ä".repeat(50), last: null },
    { first: "short", last: "n".repeat(50) },
  ]);
});

test("switching to wide values lifts the limits and brings the whole values", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(longNames);
  await run();
  const counts = await run({ longValues: "widen" });
  assert.deepEqual([counts["written"], counts["truncated"]], [1, 0]);
  const [row] = await customer.sql<{ length: number; type: string }[]>`
    select length("firstName") as length, pg_typeof("firstName")::text as type from contacts
    where "contactId" = 1`;
  assert.deepEqual({ ...row }, { length: 60, type: "text" });
  assert.equal((await run({ longValues: "widen" }))["datasets"], 0);
});

test("a column that the customer widened gets longer values, one that was narrowed shorter ones", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(longNames);
  await run();
  await customer.sql.unsafe(`alter table contacts alter column "firstName" type varchar(55),
    alter column email type varchar(5) using left(email, 5)`);
  const counts = await run();
  assert.deepEqual([counts["written"], counts["truncated"]], [1, 3]);
  const [row] = await customer.sql<{ length: number; email: string }[]>`
    select length("firstName") as length, email from contacts where "contactId" = 1`;
  assert.deepEqual({ ...row }, { length: 55, email: "a@exa" });
});

test("snake_case names, deprecated columns and another schema are made as configured", async (t) => {
  const { hub, customer, run } = await openExport(t, {
    schema: "Mail data",
    naming: "snake_case",
    deprecatedColumns: true,
    datasets: ["contactActivities"],
  });
  await hub.sql`insert into perigee.contact_activities (activity_status, activity_date_time)
    values ('CLICKED', '2024-01-02 03:04:05+00')`;
  await run();
  const [row] = await customer.sql<Record<string, unknown>[]>`
    select activity_status, activity, activity_date_time = started as is_same, message_url, row_id
    from "Mail data".contact_activities`;
  assert.deepEqual({ ...row }, {
    activity_status: "CLICKED",
    activity: "CLICKED",
    is_same: true,
    message_url: null,
    row_id: "1",
  });
  const [last] = await customer.sql<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = '"Mail data".contact_activities'::regclass and attnum > 0
    order by attnum desc limit 1`;
  assert.equal(last?.name, "row_id");
  await hub.sql`update perigee.contact_activities set activity_status = 'RECEIVED'`;
  assert.equal((await run())["written"], 1);
});

test("deprecated columns that are asked for later are added and filled", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["revenue"] });
  await hub.sql`insert into perigee.revenue (activity_status) values ('CLICKED'), ('RECEIVED')`;
  await run();
  assert.equal((await run({ deprecatedColumns: true }))["written"], 2);
  const rows = await customer.sql<{ old: string }[]>`
    select activity as old from revenue order by "_rowId"`;
  assert.deepEqual(rows.map(({ old }) => old), ["CLICKED", "RECEIVED"]);
});

test("an event carries its first 50 parameters and 300 characters of each value", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["events"] });
  await hub.sql`insert into perigee.events (event_type_key, params_json)
    select 'many', jsonb_agg(jsonb_build_object('name', 'p' || i, 'value', repeat('é', 400)))
    from generate_series(1, 60) as i`;
  await hub.sql`insert into perigee.events (event_type_key, params_json)
    values ('plain', '[{"name": "n", "value": 5}, {"name": "o", "value": {"a": [1, 2]}}]')`;
  await hub.sql`insert into perigee.events (event_type_key, params_json)
    select 'short', jsonb_agg(1) from generate_series(1, 51)`;
  assert.equal((await run())["truncated"], 2);
  const rows = await customer.sql<{ count: number; last: string | null; length: number | null }[]>`
    select jsonb_array_length("paramsJson") as count, "paramsJson" -> -1 ->> 'name' as last,
      length("paramsJson" -> 0 ->> 'value') as length
    from events order by "eventId"`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { count: 50, last: "p50", length: 300 },
    { count: 2, last: "o", length: 1 },
    { count: 50, last: null, length: null },
  ]);
  await hub.sql`update perigee.events set key_value = 'k'`;
  assert.equal((await run())["truncated"], 2);
  const [again] = await customer.sql<{ length: number }[]>`
    select length("paramsJson" -> 0 ->> 'value') as length from events where "eventId" = 1`;
  assert.equal(again?.length, 300);
});

for (
  const [what, statement, wanted] of [
    [
      "has no key",
      "alter table contacts drop constraint contacts_pkey",
      /no unique index on contactId/,
    ],
    [
      "became a view",
      "alter table contacts rename to old; create view contacts as select * from old",
      /found a view, wanted a table/,
    ],
    [
      "got a column that must be filled",
      "alter table contacts add column x text not null default ''; alter table contacts alter column x drop default",
      /column x is not null, has no default/,
    ],
    [
      "has a generated column",
      `alter table contacts drop column sms; alter table contacts add column sms text generated always as (email) stored`,
      /column sms is text, always generated, wanted varchar/,
    ],
  ] as const
) {
  test(`a table that ${what} stops its dataset with what to do`, async (t) => {
    const { hub, customer, run } = await openExport(t, { datasets: ["contacts", "orders"] });
    await hub.sql.unsafe(longNames);
    await run();
    await customer.sql.unsafe(statement);
    await hub.sql.unsafe(
      `update perigee.contacts set sms = '1'; insert into perigee.orders default values`,
    );
    await assert.rejects(run(), (error: PerigeeError) => {
      assert.match(error.message, wanted);
      assert.ok((error.advice ?? "").length > 10);
      return error.kind === "schema";
    });
    const [sum] = await customer.sql<{ count: number }[]>`select count(*)::integer from orders`;
    assert.equal(sum?.count, 1);
  });
}

test("a table that was there before the first export is merged with, not replaced", async (t) => {
  const customer = await openTestDatabase(
    t,
    `
    create table contacts ("contactId" bigint primary key, email text, mine text default 'x');
    insert into contacts values (1, 'old@example.com', 'kept'), (900, 'gone@example.com', 'gone')`,
  );
  const { hub } = await openExport(t);
  const fixture = joinExport(t, hub, customer, { datasets: ["contacts"] });
  await hub.sql.unsafe(longNames);
  const counts = await fixture.run();
  assert.deepEqual([counts["written"], counts["deleted"]], [2, 1]);
  const rows = await customer.sql<{ email: string; mine: string }[]>`
    select email, mine from contacts order by "contactId"`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { email: "a@example.com", mine: "kept" },
    { email: "b@example.com", mine: "x" },
  ]);
});

test("a dropped table is made and filled again", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(longNames);
  await run();
  await customer.sql`drop table contacts`;
  assert.equal((await run())["written"], 2);
});
