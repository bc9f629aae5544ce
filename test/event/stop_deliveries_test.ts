import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/clock.ts";
import { startDeliveries } from "../../src/event/delivery_worker.ts";
import { waitFor } from "../support/wait.ts";
import { openHubPool, webhookSink } from "./fixture.ts";

test("deliveries that are stopped while they ask the hub for what they need begin nothing and end", async (t) => {
  const hub = await openHubPool(t);
  const sink = webhookSink("http://127.0.0.1:1/");
  const holder = await hub.sql.reserve();
  await holder`begin`;
  await holder`lock table perigee.hub in access exclusive mode`;
  const deliveries = startDeliveries({
    config: { sinks: new Map([[sink.name, sink]]), routes: [], triggers: new Map() },
    hub,
    clock: systemClock,
    observe: () => undefined,
  });
  await waitFor("the question for the hub's id", async () => {
    const [row] = await hub.sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%hub_id%'`;
    return row;
  });
  const isStopped = deliveries.stop().then(() => true);
  await holder`rollback`;
  holder.release();
  const limit = new Promise<boolean>((resolve) => setTimeout(resolve, 10_000, false).unref());
  assert.equal(await Promise.race([isStopped, limit]), true);
});
