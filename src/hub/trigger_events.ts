import type { Sql, TransactionSql } from "postgres";
import { deliveriesChannel } from "./sinks.ts";
import type { TriggerTick } from "./trigger_ticks.ts";

/** One chunk of a tick. */
export interface TriggerChunk extends TriggerTick {
  readonly chunkNo: number;
}

/** A source whose rows are in the staging table. */
export interface StagedSource {
  readonly sourceId: number;
  /** A contact without rows in this source gets no event. */
  readonly isSkippedWhenEmpty: boolean;
}

/** What the events of a chunk are made of. */
export interface EventRules {
  readonly segmentId: number;
  readonly sources: readonly StagedSource[];
  readonly sinks: readonly string[];
  /** The repeat rule or `entering` needs to know later whom this tick handled. */
  readonly isRemembered: boolean;
}

/** What one chunk became. `chunks` is 0 when somebody else had written it. */
export type ChunkCounts = Readonly<
  Record<
    | "chunks"
    | "events"
    | "deliveries"
    | "rows"
    | "rows_left_out"
    | "values_too_long"
    | "skipped_empty"
    | "skipped_gone",
    number
  >
>;

/**
 * Makes the staging table of the session's transaction; `stageStatement` fills it. Memory for the
 * joins of a chunk, and no compiling of them, which takes longer than they do.
 */
export const createStage = `
  set local work_mem = '64MB';
  set local jit = off;
  create temporary table perigee_stage (
    source_id integer not null,
    contact_id bigint not null,
    rows text not null,
    found integer not null,
    kept integer not null,
    too_long integer not null
  ) on commit drop`;

/**
 * Call after the stage was filled, which is faster than filling it with an index. The planner knows
 * nothing of a chunk's size; with an index its worst guess costs a probe per contact, not a scan.
 */
export const indexStage = "create index on pg_temp.perigee_stage (source_id, contact_id)";

/** Fills the stage from rows in the order and with the types of its columns. */
export const stageStatement = "copy pg_temp.perigee_stage from stdin (format binary)";

/**
 * The chunk's contacts and their keys as two array literals of equal length, ready for `unnest`.
 * `keyExpression` is SQL over `perigee.contacts` under the name `c`. Contacts without key are left
 * out. Undefined when nobody has one.
 */
export async function readChunkKeys(
  sql: Sql,
  chunk: TriggerChunk,
  keyExpression: string,
): Promise<{ contactIds: string; keys: string } | undefined> {
  const [row] = await sql.unsafe<{ contactIds: string | null; keys: string | null }[]>(
    `select array_agg(contact_id)::text as "contactIds", array_agg(key)::text as keys
     from (${chunkContactsSql(keyExpression)}) keyed where key is not null`,
    [chunk.trigger, chunk.scheduledAt, chunk.chunkNo],
  );
  if (row === undefined || row.contactIds === null || row.keys === null) return undefined;
  return { contactIds: row.contactIds, keys: row.keys };
}

/** A contact of a chunk with the key that its rows have. */
export interface ChunkContact {
  readonly contactId: string;
  readonly key: string;
}

/** The contacts of a small chunk, one by one; as `readChunkKeys`. */
export async function readChunkContacts(
  sql: Sql,
  chunk: TriggerChunk,
  keyExpression: string,
): Promise<ChunkContact[]> {
  const rows = await sql.unsafe<ChunkContact[]>(
    `select contact_id::text as "contactId", key
     from (${chunkContactsSql(keyExpression)}) keyed where key is not null`,
    [chunk.trigger, chunk.scheduledAt, chunk.chunkNo],
    { prepare: true },
  );
  return [...rows];
}

function chunkContactsSql(keyExpression: string): string {
  return `
    select c.contact_id, ${keyExpression} as key
    from perigee.trigger_chunks chunk
    cross join lateral unnest(chunk.contact_ids) as w (contact_id)
    join perigee.contacts c on c.contact_id = w.contact_id
    where chunk.trigger_name = $1 and chunk.scheduled_at = $2::text::timestamptz
      and chunk.chunk_no = $3`;
}

/** The rows of one contact in one source, as the stage has them. */
export interface StagedRows {
  readonly sourceId: number;
  readonly contactId: string;
  readonly rows: string;
  readonly found: number;
  readonly kept: number;
  readonly tooLong: number;
}

/**
 * Writes a chunk's events with their deliveries, and removes the chunk, in one statement: both or
 * neither, so a crash cannot double an event nor lose one; the unique index on (trigger, scheduled
 * time, contact) holds it even against programs that write events themselves. Contacts that were
 * deleted meanwhile get none.
 *
 * Call it in the transaction that checked the lease and took the lock of `lockChunks`. The rows of
 * sources are in the session's staging table, or in `staged` where they are few.
 */
export async function writeChunk(
  sql: TransactionSql,
  chunk: TriggerChunk,
  rules: EventRules,
  staged?: readonly StagedRows[],
): Promise<ChunkCounts> {
  const values = [
    chunk.trigger,
    chunk.scheduledAt,
    chunk.chunkNo,
    `regularEventType-${rules.segmentId}`,
    JSON.stringify(rules.sinks),
  ];
  const [counts] = staged === undefined
    ? await sql.unsafe<ChunkCounts[]>(writeChunkSql(rules, stageTable), values)
    : await sql.unsafe<ChunkCounts[]>(
      writeChunkSql(rules, stageParameter),
      [...values, JSON.stringify(staged)],
      { prepare: true },
    );
  if (counts === undefined) throw new Error("an aggregate without groups has one row");
  if (counts.deliveries > 0) await sql`select pg_notify(${deliveriesChannel}, '')`;
  return counts;
}

/**
 * Erasing a contact excludes the writing of chunks, so that no event is made from rows that were
 * read before it. A statement of its own, because the next one's snapshot must be newer than the lock.
 */
export async function lockChunks(sql: TransactionSql): Promise<void> {
  await sql`lock table perigee.trigger_chunks in row exclusive mode`;
}

/** The staging table, as if it stood in its place. */
const stageTable = `not materialized (
      select source_id, contact_id, rows, found, kept, too_long from pg_temp.perigee_stage)`;

/** The same columns from the JSON of `StagedRows`. */
const stageParameter = `materialized (
      select "sourceId" as source_id, "contactId" as contact_id, rows, found, kept,
        "tooLong" as too_long
      from json_to_recordset($6::text::json) as given ("sourceId" integer, "contactId" bigint,
        rows text, found integer, kept integer, "tooLong" integer))`;

/** The statement behind `writeChunk`. Pure. */
function writeChunkSql(
  { segmentId, sources, isRemembered }: EventRules,
  stage: string,
): string {
  const joins = sources.map(({ sourceId }, index) =>
    `left join stage s${index}
        on s${index}.source_id = ${sourceId} and s${index}.contact_id = w.contact_id`
  );
  const members = sources.map(({ sourceId }, index) =>
    `'"${sourceId}":' || coalesce(s${index}.rows, '[]')`
  );
  const needed = sources.flatMap(({ isSkippedWhenEmpty }, index) =>
    isSkippedWhenEmpty ? [`s${index}.found is not null`] : []
  );
  return `
    with stage as ${stage}, chunk as (
      delete from perigee.trigger_chunks
      where trigger_name = $1 and scheduled_at = $2::text::timestamptz and chunk_no = $3
      returning contact_ids
    ), wanted as materialized (
      select c.contact_id, nullif(c.email, '') as email,
        ${
    ["'{'", members.join(" || ',' || "), "'}'"].filter((part) => part !== "").join(" || ")
  } as rows,
        ${needed.join(" and ") || "true"} as is_wanted
      from chunk
      cross join lateral unnest(chunk.contact_ids) as w (contact_id)
      join perigee.contacts c on c.contact_id = w.contact_id
      ${joins.join("\n      ")}
    ), made as (
      insert into perigee.events
        (event_type_key, key_value, contact_id, params_json, trigger_name, scheduled_at)
      select $4::text, contact_id::text, contact_id, ${paramsSql}, $1, $2::text::timestamptz
      from wanted where is_wanted
      on conflict (trigger_name, scheduled_at, contact_id) where trigger_name is not null
        do nothing
      returning event_id, contact_id
    ), queued as (
      insert into perigee.deliveries (event_id, sink, contact_id)
      select made.event_id, sink.name, made.contact_id
      from made cross join json_array_elements_text($5::text::json) as sink (name)
      returning 1
    )${isRemembered ? rememberSql(segmentId) : ""}
    select (select count(*)::int from chunk) as chunks,
      (select count(*)::int from made) as events,
      (select count(*)::int from queued) as deliveries,
      (select coalesce(sum(kept), 0)::int from stage) as rows,
      (select coalesce(sum(found - kept), 0)::int from stage) as rows_left_out,
      (select coalesce(sum(too_long), 0)::int from stage) as values_too_long,
      (select count(*)::int from wanted where not is_wanted) as skipped_empty,
      (select coalesce(sum(cardinality(contact_ids)), 0)::int from chunk)
        - (select count(*)::int from wanted) as skipped_gone`;
}

/** Names and order as documented; a contact without address has no `EmailAddress`. */
const paramsSql = `
  case when email is null then jsonb_build_array(
      jsonb_build_object('name', 'ContactId', 'value', contact_id::text),
      jsonb_build_object('name', 'jsonParam', 'value', rows))
    else jsonb_build_array(
      jsonb_build_object('name', 'ContactId', 'value', contact_id::text),
      jsonb_build_object('name', 'EmailAddress', 'value', email),
      jsonb_build_object('name', 'jsonParam', 'value', rows))
    end`;

/** A contact that left the segment meanwhile keeps the entry that was known of it. */
function rememberSql(segmentId: number): string {
  return `, handled as (
      insert into perigee.trigger_contacts as known
        (trigger_name, contact_id, last_scheduled_at, entered_at)
      select $1, wanted.contact_id,
        case when wanted.is_wanted then $2::text::timestamptz end, member.entered_at
      from wanted
      left join perigee.segment_members member
        on member.segment_id = ${segmentId} and member.contact_id = wanted.contact_id
      on conflict (trigger_name, contact_id) do update
        set last_scheduled_at = greatest(known.last_scheduled_at, excluded.last_scheduled_at),
            entered_at = coalesce(excluded.entered_at, known.entered_at)
    )`;
}
