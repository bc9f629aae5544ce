import type { Sql } from "postgres";
import type { ReceivedRequest } from "../support/receiver.ts";
import { firstPeople, type SoakWorld } from "./soak_world.ts";
import { assertEqualContent } from "../support/export_content.ts";

/** What is not as it must be, in words; empty lists when all is well. */
export interface Findings {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly wrong: readonly string[];
}

/** How many examples of one kind are told. */
const longestList = 5;

/** Throws with the first that is not yet in step: imports, memberships and exported tables. */
export async function requireInStep({ hub, shop, store }: SoakWorld): Promise<true> {
  await requireSame("contacts", [
    shop.sql.unsafe(`select email || ' ' || name as row from customers
      order by email collate "C"`),
    hub.sql.unsafe(`select email || ' ' || first_name as row from perigee.contacts
      where email not like '%@x.example.com' order by email collate "C"`),
  ]);
  await requireSame("members", [
    shop.sql.unsafe(`select email as row from promos where lucky order by email collate "C"`),
    hub.sql.unsafe(`select email as row from perigee.segment_members
      join perigee.contacts using (contact_id) where segment_id = 7 order by email collate "C"`),
  ]);
  await assertEqualContent(hub.sql, shop.sql, "shop");
  await assertEqualContent(hub.sql, store.sql, "store");
  return true;
}

async function requireSame(
  what: string,
  queries: readonly [PromiseLike<unknown>, PromiseLike<unknown>],
): Promise<void> {
  const [wanted, found] = (await Promise.all(queries)).map((rows) =>
    (rows as readonly { row: string }[]).map(({ row }) => row)
  ) as [string[], string[]];
  if (wanted.join("\n") === found.join("\n")) return;
  const [isWanted, isFound] = [new Set(wanted), new Set(found)];
  const missing = wanted.filter((row) => !isFound.has(row)).slice(0, longestList);
  const extra = found.filter((row) => !isWanted.has(row)).slice(0, longestList);
  throw new Error(`${what}: missing ${missing.join(", ")}; not wanted ${extra.join(", ")}`);
}

/** Throws with what is left: each lucky contact has its event, and nothing waits. */
export async function requireAllDone({ hub }: SoakWorld): Promise<true> {
  const [left] = await hub.sql<Record<string, number>[]>`
    select
      (select count(*)::integer from perigee.deliveries where state <> 'delivered') as deliveries,
      (select count(*)::integer from perigee.trigger_chunks) as chunks,
      (select count(*)::integer from perigee.trigger_ticks where finished_at is null) as ticks,
      (select count(*)::integer from perigee.runs
        where name like 'trigger/%' and state <> 'succeeded') as runs,
      (select count(*)::integer from perigee.segment_members m where segment_id = 7
        and not exists (select from perigee.events e
          where e.trigger_name = 'once' and e.contact_id = m.contact_id)) as without_event`;
  const open = Object.entries(left ?? {}).filter(([, count]) => count > 0);
  if (open.length > 0) throw new Error(open.map(([what, count]) => `${count} ${what}`).join(", "));
  return true;
}

/** Compares what should have happened, event by event and row by row, with what did. */
export async function compareAll(world: SoakWorld): Promise<Findings> {
  const lost: string[] = [];
  const doubled: string[] = [];
  const wrong: string[] = [];
  await compareTicks(world.hub.sql, { lost, doubled });
  await compareOnce(world.hub.sql, doubled);
  await compareArrivals(world.hub.sql, world.receiver.requests, { lost, wrong });
  await compareVersions(world, wrong);
  return { lost, doubled, wrong };
}

/** Every tick of the trigger over people who never change has one event for each of them. */
async function compareTicks(sql: Sql, { lost, doubled }: Record<"lost" | "doubled", string[]>) {
  const ticks = await sql<{ tick: Date; emails: string }[]>`
    select run.scheduled_at as tick, coalesce(string_agg(email, ','), '') as emails
    from perigee.runs as run
      left join perigee.events as event
        on event.trigger_name = 'steady' and event.scheduled_at = run.scheduled_at
      left join perigee.contacts using (contact_id)
    where run.name = 'trigger/steady' group by run.scheduled_at order by run.scheduled_at`;
  const wanted = new Set(
    Array.from({ length: firstPeople / 2 }, (_, index) => `c${2 * index + 2}@example.com`),
  );
  let before: number | undefined;
  for (const { tick, emails } of ticks) {
    const contacts = emails.split(",");
    const found = new Set(contacts);
    const at = tick.toISOString();
    for (const email of wanted) if (!found.has(email)) lost.push(`event at ${at} for ${email}`);
    if (found.size < contacts.length) doubled.push(`events at ${at}`);
    for (
      let missed = (before ?? tick.getTime()) + 3_000;
      missed < tick.getTime();
      missed += 3_000
    ) {
      lost.push(`tick ${new Date(missed).toISOString()}`);
    }
    before = tick.getTime();
  }
}

async function compareOnce(sql: Sql, doubled: string[]): Promise<void> {
  const rows = await sql<{ contactId: string; events: number }[]>`
    select contact_id::text as "contactId", count(*)::integer as events
    from perigee.events where trigger_name = 'once' group by contact_id having count(*) > 1`;
  for (const { contactId, events } of rows) doubled.push(`${events} events for ${contactId}`);
}

/** Every event arrived, nothing else did, and a contact's events of one trigger came in order. */
async function compareArrivals(
  sql: Sql,
  requests: readonly ReceivedRequest[],
  { lost, wrong }: Record<"lost" | "wrong", string[]>,
): Promise<void> {
  const events = await sql<{ id: string; contact: string | null; trigger: string | null }[]>`
    select event_id::text as id, contact_id::text as contact, trigger_name as trigger
    from perigee.events order by event_id`;
  const known = new Map(events.map((event) => [event.id, event]));
  const arrived = new Set<string>();
  const last = new Map<string, number>();
  for (const request of requests) {
    const id = request.id.split("-").at(-1) ?? "";
    const event = known.get(id);
    if (event === undefined) wrong.push(`event ${id} arrived and was never made`);
    if (event === undefined || arrived.has(id)) continue;
    arrived.add(id);
    if (event.trigger === null) continue;
    const key = `${event.trigger} ${event.contact}`;
    if (Number(id) < (last.get(key) ?? 0)) wrong.push(`event ${id} arrived after a later one`);
    last.set(key, Number(id));
  }
  for (const { id } of events) if (!arrived.has(id)) lost.push(`delivery of event ${id}`);
}

/** No version of a row was ever taken back in an exported table. */
async function compareVersions({ shop, store }: SoakWorld, wrong: string[]): Promise<void> {
  for (const { sql, target } of [shop, store]) {
    const rows = await sql<{ contactId: string; version: number }[]>`
      select contact_id::text as "contactId", version from (
        select contact_id, version, epoch, lag(version) over
          (partition by epoch, contact_id order by seen_id) as before from audit.seen) as each
      where version < before`;
    for (const { contactId, version } of rows) {
      wrong.push(`${target.database}: contact ${contactId} went back to ${version}`);
    }
  }
}

/**
 * Notes every version of a contact that an exported table ever had, in order. The trigger goes with
 * a table that is dropped and comes back by an event trigger, under the new table's own number.
 */
export const auditSql = `
  create schema audit;
  create table audit.seen (
    seen_id bigint generated always as identity, epoch oid, contact_id bigint, version integer);
  create function audit.note() returns trigger language plpgsql as $$
  begin
    insert into audit.seen (epoch, contact_id, version)
    values (tg_relid, new."contactId", new."totalSent");
    return null;
  end $$;
  create function audit.watch() returns event_trigger language plpgsql as $$
  begin
    if exists (select from pg_catalog.pg_event_trigger_ddl_commands()
        where command_tag = 'CREATE TABLE' and object_identity = 'public.contacts') then
      create trigger note after insert or update on public.contacts
        for each row execute function audit.note();
    end if;
  end $$;
  create event trigger watch on ddl_command_end when tag in ('CREATE TABLE')
    execute function audit.watch()`;
