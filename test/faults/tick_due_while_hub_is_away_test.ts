import assert from "node:assert/strict";
import { test } from "node:test";
import { openProxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, openFaultWorld, startInWorld } from "./fault_world.ts";

const parts = `
segments:
  lucky: { id: 7, where: { source: promos, conditions: { lucky: true } } }
triggers:
  lucky:
    segment: lucky
    every: 1s
    sources: [codes]
    sinks: [hook]
    skip_if_running: false
`;

test("no tick of a trigger is lost that came while the hub was away", async (t) => {
  const world = await openFaultWorld(t);
  const { sql } = world.hub;
  await sql`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n`;
  const proxy = await openProxy(world.hub.target);
  t.after(() => proxy.close());
  const url = new URL(world.hub.url);
  url.port = String(proxy.port);
  const daemon = await startInWorld(t, world, { hub: url.href, parts });
  const countTicks = async () =>
    (await sql`
    select from perigee.runs where name = 'trigger/lucky' and state = 'succeeded'`).length;
  await waitFor("a tick", async () => await countTicks() > 0 || undefined, deadlineMs);
  proxy.refuse(true);
  proxy.cut();
  const missed = new Set<unknown>();
  await waitFor("ticks that find no hub", () => {
    for (const { kind, where, time } of daemon.lines) {
      if (kind === "fault" && where === "trigger/lucky") missed.add(time);
    }
    return missed.size >= 2 || undefined;
  }, deadlineMs);
  const before = await countTicks();
  proxy.refuse(false);
  await waitFor("ticks after it", async () => {
    return await countTicks() >= before + 5 || undefined;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  const events = await sql<{ tick: string; contacts: string }[]>`
    select to_char(run.scheduled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as tick,
      string_agg(email, ',' order by contact_id) as contacts
    from perigee.runs run
      left join perigee.events as event
        on event.trigger_name = 'lucky' and event.scheduled_at = run.scheduled_at
      left join perigee.contacts using (contact_id)
    where run.name = 'trigger/lucky' and run.state = 'succeeded'
    group by run.scheduled_at order by run.scheduled_at`;
  const members = Array.from({ length: 30 }, (_, index) => `c${2 * index + 2}@example.com`).join();
  const first = Date.parse(events[0]?.tick ?? "");
  assert.deepEqual(
    events.map(({ tick, contacts }) => [tick, contacts]),
    events.map((_, index) => [new Date(first + index * 1_000).toISOString(), members]),
  );
});
