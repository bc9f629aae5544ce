import assert from "node:assert/strict";
import { test } from "node:test";
import { readHubId } from "../../src/hub/hub_id.ts";
import { openListener } from "../../src/postgres/listen.ts";
import { waitFor } from "../support/wait.ts";
import { deliverTo, openHubPool, queueEvents, readDeliveries } from "./fixture.ts";

test("a notify sink says each event once, in order, and only the id where it is too long", async (t) => {
  const hub = await openHubPool(t);
  const heard: { id: string; keyValue?: string; params?: unknown }[] = [];
  let isListening = false;
  const listener = openListener(hub.target, {
    channels: { my_events: (payload) => void heard.push(JSON.parse(payload)) },
    onListening: () => isListening = true,
    onDeaf: () => undefined,
  });
  t.after(() => listener.close());
  await waitFor("the listener", () => isListening ? true : undefined);
  const ids = await queueEvents(hub.sql, [1, 1, 2, 3], "channel");
  await hub.sql`update perigee.events
    set params_json = jsonb_build_array(jsonb_build_object('name', 'x', 'value', repeat('é', 4000)))
    where event_id = ${ids[2] ?? ""}`;
  // Two daemons serve the sink.
  const sink = { kind: "notify" as const, name: "channel", channel: "my_events" };
  deliverTo(t, hub, [sink]);
  deliverTo(t, hub, [sink]);
  await waitFor("all four", () => heard.length === 4 ? true : undefined);
  const hubId = (await readHubId(hub.sql)).replaceAll("-", "");
  assert.deepEqual(heard.map((each) => each.id), ids.map((id) => `${hubId}-${id}`));
  assert.deepEqual(Object.keys(heard[2] ?? {}), ["id"]);
  assert.deepEqual(heard[3]?.params, [{ name: "place", value: "4" }]);
  const rows = await readDeliveries(hub.sql, "channel");
  assert.ok(rows.every((row) => row.state === "delivered"));
});
