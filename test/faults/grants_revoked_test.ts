import assert from "node:assert/strict";
import { test } from "node:test";
import { createRole } from "../support/checked_shop.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRoundTrip,
  waitForRuns,
  withoutTriggers as parts,
} from "./fault_world.ts";

test("rights that were revoked stop what needs them, nothing else, and work again when granted", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  const { role, url } = await createRole(t, shop);
  await shop.sql.unsafe(`grant all on schema public to ${role};
    grant select on all tables in schema public to ${role}`);
  const daemon = await startInWorld(t, world, { shop: url, parts });
  await waitForRoundTrip(world, "Before");

  await shop.sql.unsafe(`revoke select on customers from ${role}`);
  const read = await waitForFailure(daemon, "import/customers", "PG220");
  assert.match(read.message, /customers/);
  assert.match(read.advice, /grant/i);
  await waitForRuns(daemon, ["segment/lucky", "export/shop"]);
  await shop.sql.unsafe(`grant select on customers to ${role}`);
  await waitForRoundTrip(world, "Granted");

  await shop.sql.unsafe(`revoke select on promos from ${role}`);
  await waitForFailure(daemon, "segment/lucky", "PG220");
  await waitForRuns(daemon, ["import/customers", "export/shop"]);
  await shop.sql.unsafe(`update promos set lucky = true; grant select on promos to ${role}`);
  await waitFor("all people in the segment", async () => {
    const rows = await hub.sql`select from perigee.segment_members where segment_id = 7`;
    return rows.length === 60 || undefined;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
