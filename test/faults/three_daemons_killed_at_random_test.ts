import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "postgres";
import { seedDatasets } from "../../src/sample/seed_datasets.ts";
import { type DaemonProcess, spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { assertEqualContent } from "../support/export_content.ts";
import type { ReceivedRequest, Reply } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  everyPart,
  expireLeases,
  type FaultWorld,
  faultYaml,
  openFaultWorld,
} from "./fault_world.ts";

const kills = 50;

/** A daemon is killed when it has logged so many lines at most, from its first one on. */
const longestLife = 15;

/** … but lives no longer than this, ms: what it would log may wait for a dead daemon's lease. */
const patienceMs = 400;

/** As many people as the shop has, already imported: the segment's members are the same all along. */
const importedSql = `
  insert into perigee.contacts (email, first_name)
  select 'c' || n || '@example.com', 'Name ' || n from generate_series(1, 60) as n`;

/** Of ten requests two fail in ways that leave doubt. */
function misbehave(_request: ReceivedRequest, count: number): Reply {
  if (count % 10 === 3) return { kind: "drop" };
  if (count % 10 === 7) return { kind: "status", status: 503, headers: { "retry-after": "0" } };
  return { kind: "status", status: 204 };
}

/** Notes every version of a contact that the customer's table ever had, in order. */
const auditSql = `
  create table seen (seen_id bigint generated always as identity, contact_id bigint, version integer);
  create function note() returns trigger language plpgsql as $$
  begin
    insert into public.seen (contact_id, version) values (new."contactId", new."totalSent");
    return null;
  end $$;
  create trigger note after insert or update on contacts for each row execute function note()`;

test("three daemons that are killed at random do everything once and lose nothing", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop, receiver } = world;
  await hub.sql.unsafe(importedSql);
  await seedDatasets(hub.sql, { contacts: 40, seed: 7, now: new Date() });
  receiver.follow(misbehave);
  const folder = await writeConfig(t, faultYaml(world));
  const start = () => spawnDaemon(t, { config: folder });
  const daemons = [start(), start(), start()];
  await waitFor("the first export and the first event", async () => {
    const [row] = await hub.sql`select from perigee.events where trigger_name = 'lucky' limit 1`;
    const [table] = await shop.sql`select from contacts limit 1`;
    return row !== undefined && table !== undefined || undefined;
  }, deadlineMs);
  await shop.sql.unsafe(auditSql);
  const writer = startWriter(world);
  for (let kill = 0; kill < kills; kill++) {
    const place = Math.floor(Math.random() * daemons.length);
    const victim = daemons[place];
    if (victim === undefined) throw new Error("there are three daemons");
    await someLines(victim, 1 + Math.floor(Math.random() * longestLife));
    await victim.end("SIGKILL");
    // As if fifteen seconds had passed for those whom the dead daemon kept waiting.
    if (kill % 5 === 4) await expireLeases(hub.sql);
    daemons[place] = start();
  }
  await waitFor("ticks enough to compare", async () => {
    const [row] = await hub.sql<{ ticks: number }[]>`
      select count(*)::integer as ticks from perigee.trigger_ticks where finished_at is not null`;
    return row !== undefined && row.ticks >= 3 || undefined;
  }, deadlineMs);
  await writer.stop();
  await endAll(daemons);

  const quiet = everyPart.replace(/triggers:\n {2}lucky:\n/, '$&    cron: "0 0 1 1 *"\n')
    .replace("    every: 2s\n", "");
  const last = spawnDaemon(t, { config: await writeConfig(t, faultYaml(world, { parts: quiet })) });
  await waitFor("everything to be done", () => requireAllDone(hub.sql), deadlineMs);
  await waitFor("the tables to equal the hub", async () => {
    await assertEqualContent(hub.sql, shop.sql, "in the end");
    return true;
  }, deadlineMs);
  await assertNames(world);
  assert.equal(await last.end("SIGTERM"), 0, last.output());
  await assertTicks(hub.sql);
  await assertArrivals(hub.sql, receiver.requests);
  const backwards = await shop.sql`
    select contact_id, version, before from (
      select contact_id, version,
        lag(version) over (partition by contact_id order by seen_id) as before from seen) as each
    where version < before`;
  assert.deepEqual([...backwards], []);
});

async function endAll(daemons: readonly DaemonProcess[]): Promise<void> {
  for (const daemon of daemons) await daemon.waitForLine("daemon_ready", undefined, deadlineMs);
  const codes = await Promise.all(daemons.map((daemon) => daemon.end("SIGTERM")));
  assert.deepEqual(codes, daemons.map(() => 0), daemons.map(({ output }) => output()).join("\n"));
}

async function someLines({ lines }: DaemonProcess, wanted: number): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  await waitFor(`${wanted} lines`, () => {
    const isLate = lines.length > 0 && performance.now() > endsAt;
    return lines.length >= wanted || isLate || undefined;
  }, deadlineMs);
}

/** Changes both databases all the time; a contact's version only grows. */
function startWriter({ hub, shop }: FaultWorld): { stop(): Promise<void> } {
  let isStopped = false;
  let round = 0;
  const write = async () => {
    for (; !isStopped; round += 1) {
      await shop.sql`update customers set name = ${`Round ${round}`} where id = ${1 + round % 60}`;
      await hub.sql`update perigee.contacts set total_sent = total_sent + 1
        where contact_id % 7 = ${round % 7}`;
      await hub.sql.begin(async (sql) => {
        await sql`insert into perigee.orders (external_order_id) values (${`order-${round}`})`;
        await sql`insert into perigee.order_items (order_id, name)
          select order_id, 'Item' from perigee.orders
          where external_order_id = ${`order-${round}`}`;
      });
      await hub.sql`delete from perigee.devices where device_id = ${`sample-${round}`}`;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const writing = write();
  return { stop: () => ((isStopped = true), writing) };
}

/** Throws with what is left. */
async function requireAllDone(sql: Sql): Promise<true> {
  const runs = await sql`
    select name, state, error_message from perigee.runs
    where name like 'trigger/%' and state <> 'succeeded'`;
  const [left] = await sql<{ pending: number; chunks: number; ticks: number }[]>`
    select (select count(*)::integer from perigee.deliveries where state <> 'delivered') as pending,
      (select count(*)::integer from perigee.trigger_chunks) as chunks,
      (select count(*)::integer from perigee.trigger_ticks where finished_at is null) as ticks`;
  assert.deepEqual([runs.length, { ...left }], [0, { pending: 0, chunks: 0, ticks: 0 }]);
  return true;
}

async function assertNames({ hub, shop }: FaultWorld): Promise<void> {
  const wanted = await shop.sql`select email, name from customers order by email collate "C"`;
  await waitFor("the customers' names in the hub", async () => {
    const found = await hub.sql`
      select email, first_name as name from perigee.contacts
      where external_customer_id is null order by email collate "C"`;
    assert.deepEqual([...found], [...wanted]);
    return true;
  }, deadlineMs);
}

/** Each tick has one event for each member of the segment, and no others. */
async function assertTicks(sql: Sql): Promise<void> {
  const runs = await sql<{ tick: string }[]>`
    select scheduled_at::text as tick from perigee.runs
    where name = 'trigger/lucky' order by scheduled_at`;
  const members = await sql<{ contactId: string }[]>`
    select contact_id::text as "contactId" from perigee.contacts
    where email ~ '^c[0-9]*[02468]@' order by contact_id`;
  const events = await sql<{ tick: string; contacts: string }[]>`
    select scheduled_at::text as tick, string_agg(contact_id::text, ',' order by contact_id) as contacts
    from perigee.events where trigger_name = 'lucky' group by scheduled_at order by scheduled_at`;
  assert.ok(events.length >= 3 && members.length === 30);
  const everybody = members.map(({ contactId }) => contactId).join();
  assert.deepEqual(
    events.map(({ tick, contacts }) => [tick, contacts]),
    runs.map(({ tick }) => [tick, everybody]),
  );
}

/** Every event of the trigger was received at least once, and nothing else was. */
async function assertArrivals(sql: Sql, requests: readonly ReceivedRequest[]): Promise<void> {
  const events = await sql<{ eventId: string }[]>`
    select event_id::text as "eventId" from perigee.events where trigger_name = 'lucky'
    order by event_id`;
  const received = new Set(requests.map(({ id }) => id.split("-").at(-1) ?? ""));
  assert.deepEqual(
    [...received].sort((a, b) => Number(a) - Number(b)),
    events.map(({ eventId }) => eventId),
  );
}
