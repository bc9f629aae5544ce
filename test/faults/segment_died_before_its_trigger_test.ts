import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, openFaultWorld, startInWorld } from "./fault_world.ts";

const parts = `
segments:
  lucky: { id: 7, where: { source: promos, conditions: { lucky: true } } }
triggers:
  lucky: { segment: lucky, cron: "0 0 1 1 *", sources: [codes], sinks: [hook] }
`;

test("a trigger whose daemon died while its segment was evaluated evaluates it before it goes on", async (t) => {
  const world = await openFaultWorld(t);
  const { sql } = world.hub;
  await sql`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n`;
  const [tick, daemonId] = ["2026-05-01T12:00:00Z", randomUUID()];
  // As a daemon leaves it that is killed there; the segment's own next run gave up on its tick.
  await sql`insert into perigee.runs (name, scheduled_at, cause, daemon_id)
    values ('trigger/lucky', ${tick}, 'schedule', ${daemonId})`;
  await sql`insert into perigee.runs (name, scheduled_at, cause, daemon_id, state, finished_at)
    values ('segment/lucky', ${tick}, 'schedule', ${daemonId}, 'abandoned', now())`;
  const daemon = await startInWorld(t, world, { parts });
  await waitFor("the trigger's tick", async () => {
    const rows = await sql`select from perigee.runs
      where name = 'trigger/lucky' and state = 'succeeded'`;
    return rows.length === 1 || undefined;
  }, deadlineMs);
  const events = await sql<{ email: string }[]>`
    select email from perigee.events join perigee.contacts using (contact_id)
    where scheduled_at = ${tick} order by contact_id`;
  assert.deepEqual(
    events.map(({ email }) => email),
    Array.from({ length: 30 }, (_, index) => `c${2 * index + 2}@example.com`),
  );
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
