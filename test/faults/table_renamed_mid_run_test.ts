import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../support/wait.ts";
import {
  closeGate,
  countWaiting,
  deadlineMs,
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRoundTrip,
  waitForRuns,
  withoutTriggers,
} from "./fault_world.ts";

/** By the time the query gets through the gate, the table that it names is another one, or none. */
const parts = withoutTriggers.replace(
  "table: customers",
  "query: select id, email, name from late_customers()",
);
const lateSql = `
  create function late_customers() returns setof customers language plpgsql as $$
  begin
    perform public.wait_for_gate(1);
    return query execute 'select id, email, name from public.customers';
  end $$`;

const alterations = [{
  change: "alter table customers rename to clients",
  back: "alter table clients rename to customers",
  name: "import/customers",
  code: "PG230",
}, {
  change: "alter table customers rename column name to label",
  back: "alter table customers rename column label to name",
  name: "import/customers",
  code: "PG230",
}, {
  change: "alter table promos rename to luck",
  back: "alter table luck rename to promos",
  name: "segment/lucky",
  code: "PG621",
}];

test("a table that is renamed or altered under a run fails it with the name, and nothing is imported by halves", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await shop.sql.unsafe(lateSql);
  const daemon = await startInWorld(t, world, { parts });
  await waitForRoundTrip(world, "Before");
  const contents = () =>
    hub.sql`select email, first_name from perigee.contacts order by contact_id`;
  const before = await contents();
  for (const { change, back, name, code } of alterations) {
    const gate = await closeGate(t, world, "customers");
    await waitFor("a run at the gate", async () => {
      return await countWaiting(shop.sql) > 0 || undefined;
    }, deadlineMs);
    await shop.sql.unsafe(change);
    await gate.open();
    await waitForFailure(daemon, name, code);
    await waitForRuns(daemon, ["export/shop"]);
    assert.deepEqual(await contents(), before);
    await shop.sql.unsafe(back);
    await waitForRuns(daemon);
  }
  await waitForRoundTrip(world, "Afterwards");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
