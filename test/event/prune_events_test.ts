import assert from "node:assert/strict";
import { test } from "node:test";
import { pruneEvents } from "../../src/event/prune_events.ts";
import { pruneDelivered } from "../../src/hub/deliveries.ts";
import { openHubPool, queueEvents, readDeliveries } from "./fixture.ts";

const dayMs = 86_400_000;

test("retention deletes what was delivered and old events that nothing waits for", async (t) => {
  const { sql } = await openHubPool(t);
  const [old, fresh, dead, waiting] = await queueEvents(sql, [1, 2, 3, 4]);
  await sql`update perigee.deliveries set state = 'delivered', finished_at = now() - case event_id
      when ${old ?? ""}::bigint then interval '8 days' else interval '6 days' end
    where event_id in (${old ?? ""}, ${fresh ?? ""})`;
  await sql`update perigee.deliveries set state = 'dead', finished_at = now() - interval '90 days'
    where event_id = ${dead ?? ""}`;
  await sql`update perigee.events set occured = now() - interval '40 days'
    where event_id in (${old ?? ""}, ${waiting ?? ""})`;
  await sql`insert into perigee.trigger_ticks (trigger_name, scheduled_at, finished_at)
    values ('t', now() - interval '99 days', now() - interval '99 days'), ('t', now(), null)`;
  const retention = {
    runsMs: 30 * dayMs,
    deliveriesMs: 7 * dayMs,
    eventsMs: 30 * dayMs,
    maxChangeRows: 1,
  };
  const signal = new AbortController().signal;
  assert.deepEqual(await pruneEvents(sql, retention, signal), {
    deliveries: 1,
    events: 1,
    orphaned: 0,
    ticks: 1,
  });
  const states = (await readDeliveries(sql)).map((row) => row.state);
  assert.deepEqual(states, ["delivered", "dead", "pending"]);
  assert.deepEqual(await pruneEvents(sql, { ...retention, eventsMs: undefined }, signal), {
    deliveries: 0,
    events: 0,
    orphaned: 0,
    ticks: 0,
  });
});

test("delivered rows are deleted oldest first, no more at a time than is asked for", async (t) => {
  const { sql } = await openHubPool(t);
  await queueEvents(sql, [1, 2, 3, 4, 5]);
  await sql`update perigee.deliveries
    set state = 'delivered', finished_at = now() - event_id * interval '1 hour'`;
  assert.equal(await pruneDelivered(sql, 0, 2), 2);
  const [row] = await sql<{ left: number; newest: number }[]>`
    select count(*)::int as left, max(event_id)::int as newest from perigee.deliveries`;
  const [oldest] = await sql<{ eventId: number }[]>`
    select max(event_id)::int as "eventId" from perigee.events`;
  assert.deepEqual([row?.left, row?.newest], [3, (oldest?.eventId ?? 0) - 2]);
  assert.equal(await pruneDelivered(sql, 0, 10), 3);
});
