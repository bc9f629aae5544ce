import type { Sql, TransactionSql } from "postgres";
import type { TriggerConfig } from "../config/model.ts";
import type { Counts } from "../observe/observation.ts";

/** One tick of one trigger. `scheduledAt` is ISO text. */
export interface TriggerTick {
  readonly trigger: string;
  readonly scheduledAt: string;
}

/** What planning a tick has to know of the trigger. */
export interface TickRules {
  readonly segmentId: number;
  readonly repeat: TriggerConfig["repeat"];
  readonly enteringOnly: boolean;
  /** Most contacts per chunk, which is one hub transaction. */
  readonly chunkSize: number;
}

/**
 * A tick is cut into so many chunks where they do not become smaller than `leastChunk`, because one is
 * read while the one before is written: of two chunks only half the work is done side by side.
 */
const wantedChunks = 8;

/** Contacts of which a chunk is worth its round trips. */
const leastChunk = 5_000;

/** How many contacts a tick is about. */
export interface TickPlan {
  readonly members: number;
  /** Members that get an event, if their sources have rows where that is asked for. */
  readonly due: number;
}

/**
 * Remembers since when triggers are configured; those known already stay as they are. Daemons call
 * it with every new configuration, so that `entering` counts from then on. `since` (ISO text) is a
 * moment before the first run under that configuration, by the clock that ticks are told by: a
 * contact that comes in by that run came in later.
 */
export async function registerTriggers(
  sql: Sql,
  names: readonly string[],
  since: string,
): Promise<void> {
  await sql`
    insert into perigee.triggers (name, known_since)
    select name, ${since}
    from json_array_elements_text(${JSON.stringify(names)}::text::json) as given (name)
    on conflict (name) do nothing`;
}

/**
 * Writes down who gets an event at this tick, in chunks. Undefined when the tick was planned before:
 * the primary key lets one planner win, and its chunks are what is left to do. Call it inside the
 * transaction that checked the run's lease.
 */
export async function planTick(
  sql: TransactionSql,
  tick: TriggerTick,
  rules: TickRules,
): Promise<TickPlan | undefined> {
  const [planned] = await sql`
    insert into perigee.trigger_ticks (trigger_name, scheduled_at)
    values (${tick.trigger}, ${tick.scheduledAt}) on conflict do nothing returning 1`;
  if (planned === undefined) return undefined;
  await sql`
    insert into perigee.triggers (name, known_since)
    values (${tick.trigger}, least(now(), ${tick.scheduledAt})) on conflict do nothing`;
  const [plan] = await sql<{ due: number; members: number }[]>`
    with due as (${dueContacts(sql, tick, rules)}),
    numbered as (
      select contact_id,
        (row_number() over (order by contact_id) - 1) / least(${rules.chunkSize}::int,
          greatest(${leastChunk}::int, (count(*) over () - 1) / ${wantedChunks}::int + 1))
          as chunk_no
      from due
    ),
    chunks as (
      insert into perigee.trigger_chunks (trigger_name, scheduled_at, chunk_no, contact_ids)
      select ${tick.trigger}, ${tick.scheduledAt}, chunk_no,
        array_agg(contact_id order by contact_id)
      from numbered group by chunk_no
      returning cardinality(contact_ids) as size
    )
    select coalesce(sum(size), 0)::int as due,
      (select count(*)::int from perigee.segment_members where segment_id = ${rules.segmentId})
        as members
    from chunks`;
  return plan;
}

/**
 * Members of the trigger's segment whom the repeat rule and `entering` let through at this tick.
 * What happened before is known from two places: `trigger_contacts`, which outlives the events'
 * retention, and the events, which exist also from times when the rule was another one.
 */
export function dueContacts(sql: Sql | TransactionSql, tick: TriggerTick, rules: TickRules) {
  const { repeat } = rules;
  const since = repeat.kind === "every"
    ? sql`${tick.scheduledAt}::timestamptz - ${repeat.everyMs} * interval '1 millisecond'`
    : sql`'-infinity'::timestamptz`;
  const repeatRule = repeat.kind === "every_run" ? sql`` : sql`
      and coalesce(handled.last_scheduled_at <= ${since}, true)
      and not exists (
        select from perigee.events event
        where event.trigger_name = ${tick.trigger} and event.contact_id = member.contact_id
          and event.scheduled_at > ${since})`;
  const entering = rules.enteringOnly
    ? sql`
      and member.entered_at is distinct from handled.entered_at
      and member.entered_at >= coalesce(
        (select known_since from perigee.triggers where name = ${tick.trigger}), '-infinity')`
    : sql``;
  return sql`
    select member.contact_id, member.entered_at
    from perigee.segment_members member
    left join perigee.trigger_contacts handled
      on handled.trigger_name = ${tick.trigger} and handled.contact_id = member.contact_id
    where member.segment_id = ${rules.segmentId} ${repeatRule} ${entering}`;
}

/**
 * Takes those out of a planned tick whom its rules would not let through any more, because another
 * tick of the trigger was written since it was planned: of two ticks that were planned before either
 * was written, the second one must not repeat the first. Answers how many. Call it in a transaction
 * that checked the lease; while the lease is held no other tick of the trigger is written.
 */
export async function dropRepeats(
  sql: TransactionSql,
  tick: TriggerTick,
  { repeat, enteringOnly, segmentId }: TickRules,
): Promise<number> {
  const since = repeat.kind === "every"
    ? sql`${tick.scheduledAt}::timestamptz - ${repeat.everyMs} * interval '1 millisecond'`
    : sql`'-infinity'::timestamptz`;
  const isRepeated = repeat.kind === "every_run" ? sql`false` : sql`(
    handled.last_scheduled_at > ${since} or exists (
      select from perigee.events event
      where event.trigger_name = ${tick.trigger} and event.contact_id = w.contact_id
        and event.scheduled_at > ${since}))`;
  const hasEnteredBefore = enteringOnly ? sql`handled.entered_at = member.entered_at` : sql`false`;
  const [row] = await sql<{ dropped: number }[]>`
    with left_over as (
      select chunk.chunk_no, cardinality(chunk.contact_ids) as size, coalesce(
        array_agg(w.contact_id order by w.contact_id)
          filter (where not coalesce(${isRepeated}, false) and not coalesce(${hasEnteredBefore}, false)),
        '{}') as contact_ids
      from perigee.trigger_chunks chunk
      cross join lateral unnest(chunk.contact_ids) as w (contact_id)
      left join perigee.trigger_contacts handled
        on handled.trigger_name = ${tick.trigger} and handled.contact_id = w.contact_id
      left join perigee.segment_members member
        on member.segment_id = ${segmentId} and member.contact_id = w.contact_id
      where chunk.trigger_name = ${tick.trigger} and chunk.scheduled_at = ${tick.scheduledAt}
      group by chunk.chunk_no, chunk.contact_ids
    ), shortened as (
      update perigee.trigger_chunks chunk set contact_ids = left_over.contact_ids
      from left_over
      where chunk.trigger_name = ${tick.trigger} and chunk.scheduled_at = ${tick.scheduledAt}
        and chunk.chunk_no = left_over.chunk_no
        and cardinality(left_over.contact_ids) < left_over.size
      returning left_over.size - cardinality(left_over.contact_ids) as dropped
    )
    select coalesce(sum(dropped), 0)::int as dropped from shortened`;
  return row?.dropped ?? 0;
}

/** Earlier ticks of the trigger that were not finished, oldest first, as ISO text. */
export async function findUnfinishedTicks(sql: Sql, tick: TriggerTick): Promise<string[]> {
  const rows = await sql<{ scheduledAt: string }[]>`
    select to_json(scheduled_at at time zone 'UTC') #>> '{}' || 'Z' as "scheduledAt"
    from perigee.trigger_ticks
    where trigger_name = ${tick.trigger} and finished_at is null
      and scheduled_at < ${tick.scheduledAt}
    order by scheduled_at`;
  return rows.map((row) => row.scheduledAt);
}

/** A chunk of a tick that is still to be written. */
export interface PlannedChunk {
  readonly chunkNo: number;
  /** How many contacts it is about. */
  readonly size: number;
}

/** The tick's chunks that are still to be written, in order. */
export async function findChunks(sql: Sql, tick: TriggerTick): Promise<PlannedChunk[]> {
  const rows = await sql<PlannedChunk[]>`
    select chunk_no as "chunkNo", cardinality(contact_ids) as size from perigee.trigger_chunks
    where trigger_name = ${tick.trigger} and scheduled_at = ${tick.scheduledAt}
    order by chunk_no`;
  return [...rows];
}

/** What the tick did so far. */
export async function readTickCounts(sql: Sql, tick: TriggerTick): Promise<Counts> {
  const [row] = await sql<{ counts: string }[]>`
    select counts::text as counts from perigee.trigger_ticks
    where trigger_name = ${tick.trigger} and scheduled_at = ${tick.scheduledAt}`;
  return JSON.parse(row?.counts ?? "{}") as Counts;
}

/** Adds to what the tick did, number by number. Call it in the transaction that did it. */
export async function addTickCounts(
  sql: TransactionSql,
  tick: TriggerTick,
  counts: Counts,
): Promise<void> {
  await sql`
    update perigee.trigger_ticks tick set counts = (
      select jsonb_object_agg(name, coalesce((tick.counts ->> name)::bigint, 0)
        + coalesce((added.counts ->> name)::bigint, 0))
      from (select ${JSON.stringify(counts)}::text::jsonb as counts) added,
        jsonb_object_keys(tick.counts || added.counts) as name)
    where trigger_name = ${tick.trigger} and scheduled_at = ${tick.scheduledAt}`;
}

/**
 * Ends a tick, and with it the contacts that were left, whose number it answers: 0 when all of it
 * was done.
 */
export async function finishTick(sql: TransactionSql, tick: TriggerTick): Promise<number> {
  const [row] = await sql<{ dropped: number }[]>`
    with dropped as (
      delete from perigee.trigger_chunks
      where trigger_name = ${tick.trigger} and scheduled_at = ${tick.scheduledAt}
      returning cardinality(contact_ids) as size
    ), finished as (
      update perigee.trigger_ticks set finished_at = coalesce(finished_at, now())
      where trigger_name = ${tick.trigger} and scheduled_at = ${tick.scheduledAt}
    )
    select coalesce(sum(size), 0)::int as dropped from dropped`;
  return row?.dropped ?? 0;
}
