import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "postgres";
import { assertEqualContent } from "../support/export_content.ts";
import { waitFor } from "../support/wait.ts";
import {
  type ClosedGate,
  closeGate,
  countWaiting,
  deadlineMs,
  endSessions,
  type FaultWorld,
  type Gate,
  openFaultWorld,
  startInWorld,
} from "./fault_world.ts";

/**
 * Runs that can be held: an import at its source, a trigger while its segment is evaluated, another
 * while it reads rows for its events, and an export at the first row that it writes. A trigger makes
 * one event for each person whatever the number of its ticks.
 */
const parts = `
imports:
  customers:
    connector: shop
    table: gated_customers
    every: 1s
    mapping: { email: email, firstName: name }
segments:
  gated: { id: 7, where: { source: gated_promos, conditions: { lucky: true } } }
  lucky: { id: 8, where: { source: promos, conditions: { lucky: true } } }
triggers:
  after_segment: { segment: gated, every: 2s, repeat: once, sources: [codes], sinks: [hook] }
  while_reading: { segment: lucky, every: 2s, repeat: once, sources: [gated_codes], sinks: [hook] }
exports:
  shop: { connector: shop, every: 1s, on_change: true }
`;

const gates: readonly Gate[] = ["customers", "promos", "codes", "contacts"];

/** The customer's own trigger on an exported table holds the first row of an export. */
const holdSql = `
  create function hold() returns trigger language plpgsql as $$
  begin
    perform public.wait_for_gate(4);
    return new;
  end $$;
  create trigger hold before insert or update on contacts for each row execute function hold()`;

/** All that the held runs write, as text. */
async function readWritten({ hub, shop }: FaultWorld): Promise<string[]> {
  const rows = async (sql: Sql, statement: string) =>
    (await sql.unsafe<{ row: string }[]>(statement)).map(({ row }) => row);
  return [
    ...await rows(
      hub.sql,
      `select email || ' ' || first_name as row from perigee.contacts order by contact_id`,
    ),
    ...await rows(
      hub.sql,
      `select 'member ' || contact_id as row from perigee.segment_members
       where segment_id = 7 order by contact_id`,
    ),
    ...await rows(
      hub.sql,
      `select trigger_name || ' ' || contact_id as row from perigee.events
       order by trigger_name, contact_id`,
    ),
    ...await rows(shop.sql, `select c::text as row from contacts as c order by "contactId"`),
  ];
}

/** Gives every kind of run something to do: new names, ten more lucky people, new figures. */
async function change({ hub, shop }: FaultWorld, round: number): Promise<void> {
  await shop.sql`update customers set name = ${`Round ${round}`}`;
  await shop.sql`update promos set lucky = true where id <= ${round * 20}`;
  await hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
}

async function waitForNoSessions(sql: Sql): Promise<void> {
  await waitFor("no session of the daemon", async () => {
    const rows = await sql`select application_name, state, query from pg_stat_activity
      where datname = current_database() and application_name like 'perigee %'
        and application_name <> 'perigee test'`;
    if (rows.length > 0) throw new Error(JSON.stringify(rows));
    return true;
  }, deadlineMs);
}

/** Throws with what is missing until each person in luck has one event of each trigger. */
async function requireAllDone(world: FaultWorld, round: number): Promise<true> {
  const { hub, shop, receiver } = world;
  const names = await hub.sql`select distinct first_name as name from perigee.contacts`;
  assert.deepEqual([...names], [{ name: `Round ${round}` }]);
  const lucky = await shop.sql<{ id: number }[]>`select id from promos where lucky order by id`;
  const events = await hub.sql<{ eventId: string; trigger: string; id: number }[]>`
    select event_id::text as "eventId", trigger_name as trigger,
      substring(email from '^c([0-9]+)@')::integer as id
    from perigee.events join perigee.contacts using (contact_id) order by id`;
  for (const trigger of ["after_segment", "while_reading"]) {
    const found = events.filter((event) => event.trigger === trigger).map(({ id }) => ({ id }));
    assert.deepEqual(found, [...lucky], trigger);
  }
  const received = new Set(receiver.requests.map(({ id }) => id.split("-").at(-1)));
  assert.deepEqual([...received].sort(), events.map(({ eventId }) => eventId).sort());
  await assertEqualContent(hub.sql, shop.sql, `round ${round}`);
  return true;
}

test("a daemon that is stopped or killed at every stage leaves nothing half done, and the next one does all", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  const options = { parts, isGated: true };
  await change(world, 0);
  const first = await startInWorld(t, world, options);
  await waitFor("everything once", () => requireAllDone(world, 0), deadlineMs);
  assert.equal(await first.end("SIGTERM"), 0, first.output());
  await shop.sql.unsafe(holdSql);

  for (const [round, signal] of [[1, "SIGTERM"], [2, "SIGKILL"]] as const) {
    await change(world, round);
    const closed: ClosedGate[] = [];
    for (const gate of gates) closed.push(await closeGate(t, world, gate));
    const before = await readWritten(world);
    const daemon = await startInWorld(t, world, options);
    const isHeld = async () => await countWaiting(shop.sql) === gates.length || undefined;
    await waitFor("all runs at their gates", isHeld, deadlineMs);
    assert.equal(await daemon.end(signal), signal === "SIGTERM" ? 0 : null, daemon.output());
    await waitForNoSessions(hub.sql);
    // A server notices a client that is gone only when it wants to write to it.
    await endSessions(shop.sql);
    await waitForNoSessions(shop.sql);
    assert.deepEqual(await readWritten(world), before);
    for (const gate of closed) await gate.open();
  }
  const last = await startInWorld(t, world, options);
  await waitFor("everything", () => requireAllDone(world, 2), deadlineMs);
  assert.equal(await last.end("SIGTERM"), 0, last.output());
});
