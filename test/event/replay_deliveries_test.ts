import assert from "node:assert/strict";
import { test } from "node:test";
import { replayDeliveries } from "../../src/event/replay_deliveries.ts";
import { always, openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import { deliverTo, openHubPool, queueEvents, readDeliveries, webhookSink } from "./fixture.ts";

const everything = {
  sink: undefined,
  trigger: undefined,
  since: undefined,
  includesDelivered: false,
  isPreview: false,
};

test("dead letters are sent once more under their ids, with all their attempts before them", async (t) => {
  const hub = await openHubPool(t);
  const receiver = await openReceiver(t, { script: always(400) });
  await queueEvents(hub.sql, [1, 2, 2]);
  deliverTo(t, hub, [webhookSink(receiver.url)]);
  const settled = (state: string) =>
    waitFor(`all ${state}`, async () => {
      const rows = await readDeliveries(hub.sql);
      return rows.every((row) => row.state === state) ? rows : undefined;
    });
  await settled("dead");
  const before = new Set(receiver.requests.map((request) => request.id));
  receiver.follow(always(200));
  const preview = await replayDeliveries(hub.sql, { ...everything, isPreview: true });
  assert.deepEqual(preview, [{ sink: "receiver", dead: 3, delivered: 0 }]);
  assert.equal(receiver.requests.length, 3);
  await replayDeliveries(hub.sql, everything);
  const rows = await settled("delivered");
  assert.deepEqual(rows.map((row) => row.attempts), [1, 1, 1]);
  assert.deepEqual(new Set(receiver.requests.slice(3).map((request) => request.id)), before);
});

test("a replay takes what was chosen by sink, trigger and time, and delivered ones on request", async (t) => {
  const hub = await openHubPool(t);
  const [one, two, three] = await queueEvents(hub.sql, [1, 2, 3]);
  await queueEvents(hub.sql, [4], "other");
  await hub.sql`update perigee.deliveries set state = 'dead', finished_at = now()`;
  await hub.sql`update perigee.deliveries
    set state = 'delivered', finished_at = now() - interval '1 day' where event_id = ${one ?? ""}`;
  await hub.sql`update perigee.events
    set trigger_name = 'birthday', scheduled_at = now() where event_id = ${two ?? ""}`;
  await hub.sql`delete from perigee.events where event_id = ${three ?? ""}`;
  const count = async (part: Partial<typeof everything> | Record<string, unknown>) =>
    await replayDeliveries(hub.sql, { ...everything, ...part, isPreview: true });
  assert.deepEqual(await count({ sink: "receiver" }), [{
    sink: "receiver",
    dead: 1,
    delivered: 0,
  }]);
  assert.deepEqual(await count({ trigger: "birthday" }), [
    { sink: "receiver", dead: 1, delivered: 0 },
  ]);
  assert.deepEqual(await count({ sink: "receiver", includesDelivered: true }), [
    { sink: "receiver", dead: 1, delivered: 1 },
  ]);
  const yesterday = new Date(Date.now() - 3_600_000).toISOString();
  assert.deepEqual(await count({ sink: "receiver", includesDelivered: true, since: yesterday }), [
    { sink: "receiver", dead: 1, delivered: 0 },
  ]);
});
