import type { Sql } from "postgres";
import type { ImportCursor } from "../hub/import_state.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";
import type { SourceTable } from "./source_table.ts";

/** Where the source stands as one run reads it; all of it belongs to the run's snapshot. */
export interface SourcePosition {
  /** `xmin:xmax:` in the form of a `pg_snapshot`. */
  readonly snapshot: string;
  /** Every row that the run sees was written by a transaction with a smaller id. */
  readonly end: bigint;
  /**
   * Greatest value of the cursor column, but not beyond the source's clock, where one odd row would
   * hide all others; undefined without a cursor or without rows.
   */
  readonly cursorValue: string | undefined;
}

/** What a run reads of its source. */
export type SourceWindow =
  | { readonly kind: "full"; readonly reason: string }
  | {
    readonly kind: "changes";
    /** SQL over `t`: true for every row that the last run did not see, and for some others. */
    readonly condition: string;
  };

/** The parts of a `pg_snapshot`; what is below `xmin` was finished, from `xmax` on not begun. */
interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
}

/** Reads a `pg_snapshot`'s text; undefined when it is none. */
export function parseSnapshot(text: string): Snapshot | undefined {
  const found = /^(\d{1,20}):(\d{1,20}):[\d,]*$/.exec(text);
  if (found === null) return undefined;
  return { xmin: BigInt(found[1] ?? 0), xmax: BigInt(found[2] ?? 0) };
}

/**
 * The snapshot of the open REPEATABLE READ transaction, as the oldest transaction that may still
 * write rows of this database, and the first one not begun. Ids are given out for all databases of
 * a server; a running transaction that is seen to belong to another database is left out, because
 * it would have everything since its begin read again. A standby's snapshot lists no transactions
 * in progress (PostgreSQL, snapshot.h), so there everything from its `xmin` on counts as not seen
 * by the next run, whether this one reads it or not.
 */
export async function readPosition(
  sql: Sql,
  source: SourceTable,
  cursorColumn: string | undefined,
): Promise<SourcePosition> {
  const reading = sql<{ snapshot: string; oldest: string | null }[]>`
    select pg_catalog.pg_current_snapshot()::text as snapshot, (
      select running.xid::text
      from pg_catalog.pg_snapshot_xip(pg_catalog.pg_current_snapshot()) as running (xid)
      where not exists (
          select from pg_catalog.pg_stat_activity a
          where a.backend_xid = running.xid::xid and a.datname <> current_database())
        and not exists (
          select from pg_catalog.pg_prepared_xacts p
          where p.transaction = running.xid::xid and p.database <> current_database())
      order by running.xid limit 1) as oldest`;
  const [[row], cursorValue] = await Promise.all([
    reading,
    cursorColumn === undefined ? undefined : readGreatest(sql, source, cursorColumn),
  ]);
  const { xmin, xmax } = parseSnapshot(row?.snapshot ?? "") ?? { xmin: 0n, xmax: 0n };
  const snapshot = source.isStandby ? `${xmin}:${xmin}:` : `${row?.oldest ?? xmax}:${xmax}:`;
  return { snapshot, end: xmax, cursorValue };
}

/** As Postgres writes it, with microseconds: a value that only Postgres reads again. */
async function readGreatest(
  sql: Sql,
  source: SourceTable,
  cursorColumn: string,
): Promise<string | undefined> {
  const type = source.columns.get(cursorColumn)?.type ?? "";
  if (!isTime(type)) return undefined;
  const [row] = await sql.unsafe<{ greatest: string | null }[]>(
    `select case when m.value is not null then least(m.value, now()::${type})::text end as greatest
     from (select max(t.${quoteIdentifier(cursorColumn)}) as value from ${source.from} as t) as m`,
  );
  return row?.greatest ?? undefined;
}

/**
 * What has to be read so that no row is missed since `last`. Pure. Falls back to everything, with
 * the reason, where `xmin` says nothing or the last snapshot belongs to something else.
 */
export function planWindow(
  source: SourceTable,
  position: SourcePosition,
  last: ImportCursor | undefined,
  fingerprint: string,
  cursor: { readonly column: string; readonly lookbackMs: number } | undefined,
): SourceWindow {
  const obstacle = source.windowObstacle ?? findObstacle(source, position, last, fingerprint);
  if (obstacle !== undefined) return { kind: "full", reason: obstacle };
  const before = last?.snapshot ?? "";
  const changed = changedCondition(before, position.end, source.hashesLists);
  if (changed === undefined) {
    return { kind: "full", reason: "the last run is too many transactions ago" };
  }
  const floor = cursor === undefined ? undefined : cursorFloor(last?.history ?? [], before);
  if (cursor === undefined || floor === undefined) return { kind: "changes", condition: changed };
  const type = source.columns.get(cursor.column)?.type ?? "";
  const recent = recentCondition(cursor.column, type, floor, cursor.lookbackMs);
  return {
    kind: "changes",
    condition: recent === undefined ? changed : `${recent} and ${changed}`,
  };
}

function findObstacle(
  source: SourceTable,
  position: SourcePosition,
  last: ImportCursor | undefined,
  fingerprint: string,
): string | undefined {
  if (last?.snapshot === undefined) return "this is the first run";
  if (last.fingerprint !== fingerprint) return "the import's configuration changed";
  if (last.sourceIdentity !== source.identity) return "the source is another server or table";
  const [before, now] = [parseSnapshot(last.snapshot), parseSnapshot(position.snapshot)];
  if (before === undefined || now === undefined) return "the last snapshot cannot be read";
  if (now.xmax < before.xmax) return "the source went back in time";
  return undefined;
}

/** Half of it would rarely serve a busy database; at twice as many the list takes 200 kB of text. */
const listedXids = 10_000n;

/** From so many on the server hashes a list; fewer ids, compared in turn, take twice as long. */
const hashedFrom = 9;

/**
 * Ids from `first` up to, without, `end` in 32 bits; ids below 3 are given to no transaction. A short
 * list is filled up with its first id.
 */
function listXids(first: bigint, end: bigint): bigint[] {
  const all = Array.from({ length: Number(end - first) }, (_each, index) => first + BigInt(index));
  const xids = all.map((xid) => xid & 0xffff_ffffn).filter((xid) => xid >= 3n);
  const [filling] = xids;
  if (filling === undefined) return [];
  return [...xids, ...new Array(Math.max(0, hashedFrom - xids.length)).fill(filling)];
}

/** Postgres compares 32-bit transaction ids within half of their circle. */
const comparableXids = 2n ** 31n - 1n;

/**
 * True for rows written by transactions that were not all over at the snapshot `before`. The list
 * of a snapshot's running transactions does not name their subtransactions, whose ids rows written
 * after a savepoint carry, so everything from the oldest running one on is read again; equal rows
 * are not written. `age()` is cheap and leaves out nearly all rows; it knows only 32 bits, so what
 * passes is compared exactly, with the epoch put back: an id above the newest one belongs to the
 * epoch before. Ids below 3 are older than everything.
 *
 * Few ids are listed instead: the server looks them up by hash, and, unlike `age()`, may do so in
 * several processes at once, in half the time. A frozen row whose id was the same in an epoch before
 * is read too, and not written.
 */
function changedCondition(before: string, end: bigint, hashesLists: boolean): string | undefined {
  const old = parseSnapshot(before);
  if (old === undefined) return undefined;
  if (hashesLists && end - old.xmin <= listedXids) {
    return `t.xmin = any('{${listXids(old.xmin, end).join(",")}}'::xid[])`;
  }
  if (end - old.xmin >= comparableXids) return undefined;
  const epoch = end >> 32n;
  const low = end & 0xffff_ffffn;
  const earlier = epoch === 0n ? 0n : epoch - 1n;
  const xid = "t.xmin::text::bigint";
  const wide = `${xid} + case when ${xid} > ${low} then ${earlier << 32n} else ${epoch << 32n} end`;
  const oldest = `(select age('${old.xmin & 0xffff_ffffn}'::xid))`;
  return `age(t.xmin) <= ${oldest} and ${wide} >= ${old.xmin}`;
}

/**
 * The cursor value from which on rows may be new: that of the newest run whose snapshot ended
 * before any transaction began that was in progress at the last run. So a transaction that stays
 * open for hours keeps its rows in view; the lookback covers the time between a transaction's begin
 * and its first write, and clocks that differ. Pure.
 */
export function cursorFloor(
  history: readonly { readonly snapshot: string; readonly value: string }[],
  last: string,
): string | undefined {
  const xmin = parseSnapshot(last)?.xmin ?? 0n;
  const fitting = history.filter(({ snapshot }) =>
    (parseSnapshot(snapshot)?.xmax ?? xmin + 1n) <= xmin
  );
  return fitting.at(-1)?.value;
}

/** The history with this run in it, and without what no later run can need. Pure. */
export function extendHistory(
  history: readonly { readonly snapshot: string; readonly value: string }[],
  position: SourcePosition,
): { snapshot: string; value: string }[] {
  const { snapshot, cursorValue: value } = position;
  const extended = value === undefined ? [...history] : [...history, { snapshot, value }];
  const xmin = parseSnapshot(snapshot)?.xmin ?? 0n;
  const isPast = extended.map((each) => (parseSnapshot(each.snapshot)?.xmax ?? 0n) <= xmin);
  const kept = extended.slice(Math.max(0, isPast.lastIndexOf(true)));
  // A transaction open through this many runs: the oldest entry alone is needed for it.
  return kept.length <= longestHistory ? kept : [...kept.slice(0, 1), ...kept.slice(-1)];
}

/** Runs that may pass while one transaction stays open, before the entries between are dropped. */
const longestHistory = 1_000;

/** Null cursors are read each time: nothing says how old they are. */
function recentCondition(
  column: string,
  type: string,
  floor: string,
  lookbackMs: number,
): string | undefined {
  const name = `t.${quoteIdentifier(column)}`;
  const literal = quoteLiteral(floor);
  if (!isTime(type)) return undefined;
  if (type !== "date") {
    const bound = `${literal}::${type} - interval '${Math.ceil(lookbackMs)} milliseconds'`;
    return `(${name} >= ${bound} or ${name} is null)`;
  }
  const days = Math.ceil(lookbackMs / 86_400_000) + 1;
  return `(${name} >= ${literal}::date - ${days} or ${name} is null)`;
}

/** Only times can be looked back from; a cursor of another type leaves the work to `xmin` alone. */
function isTime(type: string): boolean {
  return type === "date" || type.startsWith("timestamp");
}
