import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "postgres";
import { openExport } from "../support/export_fixture.ts";
import { waitFor } from "../support/wait.ts";

test("a first load is complete from the hub's first row, and frozen", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql`insert into perigee.contacts (email)
    select 'c' || i || '@example.com' from generate_series(1, 2000) as i`;
  const before = await customer.sql.reserve();
  await before`begin isolation level repeatable read`;
  await before`select pg_current_snapshot()`;
  const counts = await run();
  assert.deepEqual([counts["read"], counts["written"]], [2_000, 2_000]);
  // Rows that were not frozen would be invisible to a transaction that began before them.
  const [row] = await before<{ seen: number }[]>`select count(*)::integer as seen from contacts`;
  await before`commit`;
  before.release();
  assert.equal(row?.seen, 2_000);
  const [key] = await customer.sql<{ definition: string }[]>`
    select pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = 'contacts'::regclass and contype = 'p'`;
  assert.equal(key?.definition, 'PRIMARY KEY ("contactId")');
});

test("all datasets of a run are read at one snapshot, however long it takes", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts", "orders"] });
  await hub.sql.unsafe(`insert into perigee.contacts (email)
      select 'c' || i || '@example.com' from generate_series(1, 300) as i;
    insert into perigee.orders (status) select 'NEW' from generate_series(1, 300)`);
  await run();
  const setBoth = (state: string) =>
    hub.sql.unsafe(`update perigee.contacts set first_name = '${state}';
      update perigee.orders set status = '${state}'`);
  await setBoth("one");
  const locker = await customer.sql.reserve();
  await locker`begin`;
  await locker`lock table contacts in share mode`;
  const running = run();
  await waitFor("the run to wait for the lock", () => isWaiting(customer.sql));
  await setBoth("two");
  await locker`commit`;
  locker.release();
  assert.equal((await running)["written"], 600);
  assert.deepEqual(await statesOf(customer.sql), ["one", "one"]);
  await run();
  assert.deepEqual(await statesOf(customer.sql), ["two", "two"]);
});

async function isWaiting(sql: Sql): Promise<true | undefined> {
  const rows = await sql`select pid from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  return rows.length > 0 ? true : undefined;
}

async function statesOf(sql: Sql): Promise<unknown[]> {
  const rows = await sql<{ state: string }[]>`
    select string_agg(distinct "firstName", ',') as state from contacts
    union all select string_agg(distinct "Status", ',') from orders`;
  return rows.map(({ state }) => state);
}
