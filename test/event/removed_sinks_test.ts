import assert from "node:assert/strict";
import { test } from "node:test";
import { giveUpRemovedSinks } from "../../src/hub/removed_sinks.ts";
import { readSinkQueues } from "../../src/hub/sink_queues.ts";
import { openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import { deliverTo, openHubPool, queueEvents, readDeliveries, webhookSink } from "./fixture.ts";

const dayMs = 86_400_000;

test("deliveries of a sink that nobody has any more are given up after a day, in small batches", async (t) => {
  const { sql } = await openHubPool(t);
  await queueEvents(sql, [1, 2, 3], "removed");
  await queueEvents(sql, [1], "configured");
  assert.equal(await giveUpRemovedSinks(sql, dayMs, 2), 0, "it was noticed just now");
  await sql`update perigee.sinks set seen_at = now() - interval '25 hours' where name = 'removed'`;
  assert.equal(await giveUpRemovedSinks(sql, dayMs, 2), 2);
  assert.equal(await giveUpRemovedSinks(sql, dayMs, 2), 1);
  assert.equal(await giveUpRemovedSinks(sql, dayMs, 2), 0);
  const given = await readDeliveries(sql, "removed");
  assert.deepEqual(given.map(({ state, error, attempts }) => [state, error, attempts]), [
    ["dead", "SINK_REMOVED", 0],
    ["dead", "SINK_REMOVED", 0],
    ["dead", "SINK_REMOVED", 0],
  ]);
  assert.equal((await readDeliveries(sql, "configured"))[0]?.state, "pending");
});

test("a daemon that has the sink keeps its deliveries, also those of a sink that it holds", async (t) => {
  const hub = await openHubPool(t);
  const receiver = await openReceiver(t);
  await hub.sql`insert into perigee.sinks (name, state, seen_at)
    values ('receiver', 'paused', now() - interval '90 days')`;
  await queueEvents(hub.sql, [1]);
  const { seen } = deliverTo(t, hub, [webhookSink(receiver.url)]);
  await waitFor("the pause", () => seen.find((each) => each.kind === "sink_changed"));
  assert.equal(await giveUpRemovedSinks(hub.sql, dayMs, 10), 0);
  const [queue] = await readSinkQueues(hub.sql, ["receiver"]);
  assert.deepEqual([queue?.state, queue?.pending], ["paused", 1]);
});

test("sinks that are not configured and have deliveries left are told of behind the others", async (t) => {
  const { sql } = await openHubPool(t);
  await queueEvents(sql, [1, 2], "waits");
  await queueEvents(sql, [1], "gave_up");
  await sql`update perigee.deliveries set state = 'dead', finished_at = now()
    where sink = 'gave_up'`;
  const queues = await readSinkQueues(sql, ["b", "a"]);
  assert.deepEqual(queues.map(({ name, state, pending, dead }) => [name, state, pending, dead]), [
    ["b", "active", 0, 0],
    ["a", "active", 0, 0],
    ["gave_up", "removed", 0, 1],
    ["waits", "removed", 2, 0],
  ]);
  assert.equal(queues[3]?.reason, "it is not configured");
  assert.deepEqual(await readSinkQueues((await openHubPool(t)).sql, []), []);
});
