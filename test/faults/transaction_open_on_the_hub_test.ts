import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEqualContent } from "../support/export_content.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
  waitForRuns,
  withoutTriggers as parts,
} from "./fault_world.ts";

test("with a transaction open on the hub all the time, others' rows pass, and its own when it commits", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  const daemon = await startInWorld(t, world, { parts });
  await daemon.waitForLine("run_finished", ({ name }) => name === "export/shop", deadlineMs);
  const writer = await hub.sql.reserve();
  await writer`begin`;
  await writer`insert into perigee.contacts (email) values ('late@example.com')`;
  await writer`insert into perigee.orders (external_order_id) values ('late')`;
  for (const name of ["First", "Second", "Third"]) {
    await waitForRoundTrip(world, name);
    await waitForRuns(daemon);
  }
  const early = await shop.sql`select from contacts where email = 'late@example.com'`;
  assert.equal(early.length, 0);
  await writer`commit`;
  writer.release();
  await waitFor("the late rows", async () => {
    await assertEqualContent(hub.sql, shop.sql, "after the commit");
    return true;
  }, deadlineMs);
  const late = await shop.sql`select from contacts where email = 'late@example.com'`;
  assert.equal(late.length, 1);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
