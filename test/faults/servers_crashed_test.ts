import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { findBackendPid } from "../support/backends.ts";
import { testTarget } from "../support/database.ts";
import { lastFirst } from "../support/last_first.ts";
import { startThrowawayCluster } from "../support/test_cluster.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  everyPart,
  expireLeases,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
} from "./fault_world.ts";

// What is committed survives a crash, which other clusters of tests do not promise.
const cluster = await startThrowawayCluster({ synchronous_commit: "on", full_page_writes: "on" });
after(() => cluster.stop());

/**
 * Kills a server process. The postmaster then ends all sessions and starts the cluster anew from its
 * log, as after a crash of the machine.
 */
async function crash(target: ConnectionTarget): Promise<void> {
  const victim = await openConnection(target);
  process.kill(await findBackendPid(victim), "SIGKILL");
  await victim.died;
  victim.destroy();
  await waitFor("the cluster to be back", async () => {
    await (await openConnection(target)).end();
    return true;
  }, deadlineMs);
}

test("hub and customer's server that crash and come back cost neither a row nor an event", async (t) => {
  const world = await openFaultWorld(lastFirst(t), cluster.superuserUrl);
  const { hub, receiver } = world;
  const parts = everyPart.replace("every: 2s", "every: 2s\n    repeat: once");
  const daemon = await startInWorld(t, world, { parts });
  await waitForRoundTrip(world, "Before");
  for (const name of ["First", "Second"]) {
    await crash(testTarget(cluster.superuserUrl));
    await expireLeases(hub.sql);
    await waitForRoundTrip(world, name);
  }
  await waitFor("one event each, delivered", async () => {
    const events = await hub.sql<{ id: string; email: string }[]>`
      select event_id::text as id, email
      from perigee.events join perigee.contacts using (contact_id) order by contact_id`;
    assert.deepEqual(
      events.map(({ email }) => email),
      Array.from({ length: 30 }, (_, index) => `c${2 * index + 2}@example.com`),
    );
    const received = new Set(receiver.requests.map(({ id }) => id.split("-").at(-1)));
    assert.deepEqual([...received].sort(), events.map(({ id }) => id).sort());
    return true;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
