import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEqualContent } from "../support/export_content.ts";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, openFaultWorld, startInWorld } from "./fault_world.ts";

const parts = "exports:\n  shop: { connector: shop, every: 1s, on_change: true }\n";

test("a customer's transaction that updates exported rows one by one waits, and is no deadlock's victim", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await hub.sql`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n`;
  const daemon = await startInWorld(t, world, { parts });
  const inStep = (what: string) =>
    waitFor(`the tables to equal the hub: ${what}`, async () => {
      await assertEqualContent(hub.sql, shop.sql, what);
      return true;
    }, deadlineMs);
  await inStep("at first");
  await shop.sql`alter table contacts add column note text`;
  // Few rows go as one statement, many through a staging table; rows are stored in no order.
  for (const rows of [50, 400]) {
    await hub.sql`insert into perigee.contacts (email)
      select gen_random_uuid() || '@example.com' from generate_series(1, ${rows})`;
    await inStep(`${rows} more`);
    await shop.sql`update contacts set note = 'moved' where "contactId" % 3 = 1`;
    const ids = await shop.sql<{ id: string }[]>`
      select "contactId"::text as id from contacts order by "contactId" limit ${rows}`;
    const customer = await shop.sql.reserve();
    await customer`begin`;
    await customer`update contacts set note = 'mine' where "contactId" = ${ids[0]?.id ?? ""}`;
    await hub.sql`update perigee.contacts set total_sent = total_sent + 1
      where contact_id in (select contact_id from perigee.contacts order by contact_id limit ${rows})`;
    await waitFor("the export to wait for the customer", async () => {
      const waiting = await hub.sql`select from pg_stat_activity
        where datname = ${shop.target.database} and wait_event_type = 'Lock'`;
      return waiting.length > 0 || undefined;
    }, deadlineMs);
    for (const { id } of ids) {
      await customer`update contacts set note = 'mine' where "contactId" = ${id}`;
    }
    await customer`commit`;
    customer.release();
    await inStep("after the customer's commit");
    const [mine] = await shop.sql<{ rows: number }[]>`
      select count(*)::integer as rows from contacts where note = 'mine'`;
    assert.equal(mine?.rows, rows);
  }
  assert.deepEqual(daemon.lines.filter(({ kind }) => kind === "run_failed"), []);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
