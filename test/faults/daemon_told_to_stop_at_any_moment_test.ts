import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEqualContent } from "../support/export_content.ts";
import { replaceConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  type FaultWorld,
  faultYaml,
  luckyOnce,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
} from "./fault_world.ts";

/** What a daemon logs on its way up and at work; it is told to stop as soon as the line is there. */
const moments = [
  "daemon_starting",
  "hub_migrated",
  "daemon_ready",
  "listen_started",
  "run_started",
  "rows_moved",
  "run_finished",
  "delivery_attempted",
  "config_reloaded",
];

const parts = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email, firstName: name }
${luckyOnce}exports:
  shop: { connector: shop, every: 1s, on_change: true }
`;

test("a daemon that is told to stop at whatever moment ends with 0 in time, and nothing is lost", async (t) => {
  const world = await openFaultWorld(t);
  for (const moment of moments) {
    await change(world, moment);
    const daemon = await startInWorld(t, world, { parts });
    if (moment === "config_reloaded") {
      await daemon.waitForLine("daemon_ready", undefined, deadlineMs);
      const yaml = faultYaml(world, {
        parts: parts.replace("id: 7, every: 1s", "id: 7, every: 2s"),
      });
      await replaceConfig(daemon.folder, yaml);
    }
    await daemon.waitForLine(moment, undefined, deadlineMs);
    assert.equal(await daemon.end("SIGTERM"), 0, `${moment}: ${daemon.output()}`);
  }
  const last = await startInWorld(t, world, { parts });
  await waitForRoundTrip(world, "Afterwards");
  await waitFor("everything", () => requireAllDone(world), deadlineMs);
  assert.equal(await last.end("SIGTERM"), 0, last.output());
});

/** Gives every kind of run something to do, and the trigger a person more. */
async function change({ hub, shop }: FaultWorld, moment: string): Promise<void> {
  await shop.sql`update customers set name = ${moment} where id > 1`;
  await shop.sql`insert into customers
    select 1 + max(id), 'c' || 1 + max(id) || '@example.com', ${moment} from customers`;
  await shop
    .sql`insert into promos select max(id), 'c' || max(id) || '@example.com', true from customers`;
  await hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
}

async function requireAllDone({ hub, shop, receiver }: FaultWorld): Promise<true> {
  const lucky = await shop.sql`select email from promos where lucky order by email`;
  const events = await hub.sql<{ id: string; email: string }[]>`
    select event_id::text as id, email from perigee.events join perigee.contacts using (contact_id)
    order by email`;
  assert.deepEqual(events.map(({ email }) => ({ email })), [...lucky]);
  const received = new Set(receiver.requests.map(({ id }) => id.split("-").at(-1)));
  assert.deepEqual([...received].sort(), events.map(({ id }) => id).sort());
  await assertEqualContent(hub.sql, shop.sql, "at last");
  return true;
}
