import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../support/wait.ts";
import {
  type ClosedGate,
  closeGate,
  countWaiting,
  deadlineMs,
  endSessions,
  expireLeases,
  type FaultWorld,
  type Gate,
  gateSql,
  openFaultWorld,
  startInWorld,
} from "./fault_world.ts";

/** The trigger's segment is another one than the one that is held, and not evaluated with it. */
const parts = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1h
    mapping: { email: email, firstName: name }
segments:
  held: { id: 7, every: 2s, where: { source: promos, conditions: { lucky: true } } }
  lucky: { id: 8, where: { contact: { email: { matches: "[02468]@" } } } }
triggers:
  lucky: { segment: lucky, every: 2s, repeat: once, sources: [codes], sinks: [hook] }
`;

const gates: readonly Gate[] = ["customers", "promos", "codes"];

/** Each kind of run is held at the first row that it writes. */
const holdSql = `
  create function hold_contact() returns trigger language plpgsql as $$
  begin perform public.wait_for_gate(1); return new; end $$;
  create trigger hold before update on perigee.contacts
    for each row execute function hold_contact();
  create function hold_member() returns trigger language plpgsql as $$
  begin
    if new.segment_id = 7 then perform public.wait_for_gate(2); end if;
    return new;
  end $$;
  create trigger hold before insert on perigee.segment_members
    for each row execute function hold_member();
  create function hold_event() returns trigger language plpgsql as $$
  begin perform public.wait_for_gate(3); return new; end $$;
  create trigger hold before insert on perigee.events for each row execute function hold_event()`;

/** All that the held runs write. */
async function readWritten({ hub }: FaultWorld): Promise<string[]> {
  const rows = await hub.sql<{ row: string }[]>`
    select email || ' ' || coalesce(first_name, '-') as row from perigee.contacts
    union all
    select 'member ' || email from perigee.segment_members join perigee.contacts using (contact_id)
      where segment_id = 7
    union all
    select 'event ' || email || ' for ' || count(delivery.event_id) from perigee.events as event
      join perigee.contacts using (contact_id)
      left join perigee.deliveries as delivery using (event_id)
      where event.trigger_name = 'lucky' group by email
    order by 1`;
  return rows.map(({ row }) => row);
}

test("a daemon that is stopped or killed while it writes the hub leaves nothing half done, and the next one does all", async (t) => {
  const world = await openFaultWorld(t);
  const { hub } = world;
  await hub.sql.unsafe(`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n;
    ${gateSql} ${holdSql}`);
  const before = await readWritten(world);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const closed: ClosedGate[] = [];
    for (const gate of gates) closed.push(await closeGate(t, world, gate, hub));
    const daemon = await startInWorld(t, world, { parts });
    await waitFor("all runs at their gates", async () => {
      return await countWaiting(hub.sql) === gates.length || undefined;
    }, deadlineMs);
    assert.equal(await daemon.end(signal), signal === "SIGTERM" ? 0 : null, daemon.output());
    // A server notices a client that is gone only when it wants to write to it.
    await endSessions(hub.sql);
    await waitFor("no session at a gate", async () => {
      return await countWaiting(hub.sql) === 0 || undefined;
    }, deadlineMs);
    assert.deepEqual(await readWritten(world), before, signal);
    for (const gate of closed) await gate.open();
    await expireLeases(hub.sql);
  }
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  const lucky = numbers.filter((n) => n % 2 === 0);
  const wanted = [
    ...numbers.map((n) => `c${n}@example.com Name ${n}`),
    ...lucky.map((n) => `member c${n}@example.com`),
    ...lucky.map((n) => `event c${n}@example.com for 1`),
  ];
  const last = await startInWorld(t, world, { parts });
  await waitFor("everything", async () => {
    assert.deepEqual((await readWritten(world)).sort(), wanted.sort());
    return true;
  }, deadlineMs);
  assert.equal(await last.end("SIGTERM"), 0, last.output());
});
