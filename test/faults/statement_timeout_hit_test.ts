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

/** The import reads through a gate, and a table that somebody may lock. */
const parts = withoutTriggers.replace("table: customers", "table: gated_customers");

test("a source that takes longer than its time limit stops its part alone, and leaves no session", async (t) => {
  const world = await openFaultWorld(t);
  const shopLines = "    statement_timeout: 2s";
  const daemon = await startInWorld(t, world, { parts, shopLines });
  await waitForRoundTrip(world, "Before");
  const gate = await closeGate(t, world, "customers");
  const failure = await waitForFailure(daemon, "import/customers", "PG252");
  assert.match(failure.advice, /statement timeout/);
  await waitForRuns(daemon, ["segment/lucky", "export/shop"]);
  await gate.open();
  await waitForRoundTrip(world, "Afterwards");
  await waitFor("no session at the gate", async () => {
    return await countWaiting(world.shop.sql) === 0 || undefined;
  }, deadlineMs);

  const locker = await world.shop.sql.reserve();
  await locker`begin`;
  await locker`lock table customers in access exclusive mode`;
  await waitForFailure(daemon, "import/customers", "PG252");
  await waitForRuns(daemon, ["segment/lucky", "export/shop"]);
  await locker`commit`;
  locker.release();
  await waitForRoundTrip(world, "Unlocked");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
