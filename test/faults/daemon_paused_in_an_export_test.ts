import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { assertEqualContent } from "../support/export_content.ts";
import { waitFor } from "../support/wait.ts";
import {
  closeGate,
  countWaiting,
  deadlineMs,
  expireLeases,
  openFaultWorld,
  startInWorld,
} from "./fault_world.ts";

const parts = "exports:\n  shop: { connector: shop, every: 1s, on_change: true }\n";

/** Holds an export at its first row, and notes each version of each row that was committed. */
const holdSql = `
  create table seen (seen_id bigint generated always as identity, contact_id bigint, version integer);
  create function hold() returns trigger language plpgsql as $$
  begin
    perform public.wait_for_gate(4);
    insert into public.seen (contact_id, version) values (new."contactId", new."totalSent");
    return new;
  end $$;
  create trigger hold before update on contacts for each row execute function hold()`;

test("an export whose daemon is paused in its transaction overwrites nothing newer when it goes on", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await hub.sql`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n`;
  const inStep = (what: string) =>
    waitFor(`the tables to equal the hub: ${what}`, async () => {
      await assertEqualContent(hub.sql, shop.sql, what);
      return true;
    }, deadlineMs);
  const paused = await startInWorld(t, world, { parts });
  await inStep("at first");
  await shop.sql.unsafe(holdSql);
  const gate = await closeGate(t, world, "contacts");
  await hub.sql`update perigee.contacts set total_sent = 1`;
  await waitFor("the export at the gate", async () => {
    return await countWaiting(shop.sql) === 1 || undefined;
  }, deadlineMs);
  process.kill(paused.pid, "SIGSTOP");
  await expireLeases(hub.sql);
  await hub.sql`update perigee.contacts set total_sent = 2`;
  const other = await startInWorld(t, world, { parts });
  await other.waitForLine("run_started", ({ name }) => name === "export/shop", deadlineMs);
  await gate.open();
  process.kill(paused.pid, "SIGCONT");
  await inStep("afterwards");
  await hub.sql`update perigee.contacts set total_sent = 3`;
  await inStep("at last");
  const backwards = await shop.sql`
    select contact_id, version, before from (
      select contact_id, version,
        lag(version, 1, 0) over (partition by contact_id order by seen_id) as before
      from seen) as each
    where version <= before`;
  assert.deepEqual([...backwards], []);
  for (const daemon of [paused, other]) {
    assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  }
});
