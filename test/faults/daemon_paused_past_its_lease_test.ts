import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import type { Sql } from "postgres";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";
import {
  closeGate,
  countWaiting,
  deadlineMs,
  type FaultWorld,
  faultYaml,
  openFaultWorld,
} from "./fault_world.ts";

/**
 * An import, a segment and a trigger that each read through a gate, all due when a daemon starts.
 * The trigger's segment has no gate, so that it gets as far as reading rows for its events; it makes
 * one event for each person whatever the number of its ticks.
 */
const parts = `
imports:
  customers:
    connector: shop
    table: gated_customers
    every: 1h
    mapping: { email: email, firstName: name }
segments:
  gated: { id: 7, every: 1h, where: { source: gated_promos, conditions: { lucky: true } } }
  lucky: { id: 8, where: { source: promos, conditions: { lucky: true } } }
triggers:
  lucky: { segment: lucky, every: 2s, repeat: once, sources: [gated_codes], sinks: [hook] }
`;

const names = ["import/customers", "segment/gated", "trigger/lucky"];

/** Who owns each name now. */
async function findHolders(sql: Sql): Promise<string[]> {
  const rows = await sql<{ holder: string }[]>`
    select name || ' ' || holder as holder from perigee.leases
    where name in ('import/customers', 'segment/gated', 'trigger/lucky') and expires_at > now()
    order by name`;
  return rows.map(({ holder }) => holder);
}

interface Written {
  readonly contacts: string;
  readonly members: string;
  readonly events: string;
}

/** All that these runs write, with the transactions that wrote it. */
async function findWritten({ hub }: FaultWorld): Promise<Written> {
  const [row] = await hub.sql<Written[]>`
    select
      (select string_agg(email || ' ' || coalesce(first_name, '') || ' ' || xmin, ',' order by email)
        from perigee.contacts) as contacts,
      (select string_agg(contact_id || ' ' || xmin, ',' order by contact_id)
        from perigee.segment_members where segment_id = 7) as members,
      (select string_agg(contact_id || ' ' || xmin, ',' order by contact_id)
        from perigee.events where trigger_name = 'lucky') as events`;
  if (row === undefined) throw new Error("one row is wanted");
  return row;
}

async function allSucceeded(sql: Sql): Promise<true | undefined> {
  const rows = await sql<{ name: string; state: string }[]>`
    select distinct name, state from perigee.runs where name = any(${`{${names.join()}}`}::text[])
    order by name`;
  assert.deepEqual(rows.map(({ name, state }) => `${name} ${state}`), [
    "import/customers succeeded",
    "segment/gated succeeded",
    "trigger/lucky succeeded",
  ]);
  return true;
}

test("a daemon that was paused past its leases and goes on writes nothing of what others took over", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await hub.sql`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n`;
  const config = await writeConfig(t, faultYaml(world, { parts, isGated: true }));
  const gates = [
    await closeGate(t, world, "customers"),
    await closeGate(t, world, "promos"),
    await closeGate(t, world, "codes"),
  ];
  const paused = spawnDaemon(t, { config });
  const allWait = async () => await countWaiting(shop.sql) === 3 || undefined;
  await waitFor("three runs at their gates", allWait, deadlineMs);
  const before = await findHolders(hub.sql);
  process.kill(paused.pid, "SIGSTOP");

  const other = spawnDaemon(t, { config });
  await waitFor("the other daemon to hold the leases", async () => {
    const now = await findHolders(hub.sql);
    return now.length === 3 && now.every((holder) => !before.includes(holder)) || undefined;
  }, deadlineMs);
  for (const gate of gates) await gate.open();
  await waitFor("the other daemon's runs", () => allSucceeded(hub.sql), deadlineMs);
  const written = await findWritten(world);
  assert.equal(written.members.split(",").length, 30);
  assert.equal(written.events.split(",").length, 30);
  assert.match(written.contacts, /^c10@example\.com Name 10 /);

  process.kill(paused.pid, "SIGCONT");
  for (const name of names) {
    await paused.waitForLine("run_failed", (line) => line["name"] === name, deadlineMs);
  }
  assert.deepEqual(await findWritten(world), written);
  for (const daemon of [paused, other]) {
    assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  }
});
