import type { Sql } from "postgres";
import {
  boundsQuery,
  comparable,
  hashOf,
  hubRowHashes,
  inShare,
  type KeyShare,
  rangeOf,
  rangeRows,
} from "../hub/dataset_hashes.ts";
import { inSpan, type KeySpan } from "../hub/dataset_rows.ts";
import type { ProgressTeller } from "../observe/progress.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import type { ExportSession } from "./export_sessions.ts";
import { type FittedColumn, type FittedTable, stagedTypes } from "./fit_table.ts";
import { rowQuery } from "./table_run.ts";

/** How keys of a customer's table stand to the hub. Keys are JSON arrays as text. */
export interface ComparedKeys {
  /** In the hub and not in the table. */
  readonly missing: readonly string[];
  /** In both, with other values. */
  readonly different: readonly string[];
  /** In the table and not in the hub. */
  readonly extra: readonly string[];
}

/** How a range of a customer's table stands to the hub. */
export interface ComparedRange {
  readonly span: KeySpan;
  readonly hubRows: number;
  readonly tableRows: number;
  /** Nothing where the range is equal; in pieces where it is large. */
  readonly differing: AsyncIterable<ComparedKeys>;
}

/**
 * Ranges whose hashes are asked for at once. Their rows are read in a second or so: half would
 * ask more often, twice would tell less often how far it is.
 */
const rangesAtOnce = 40;

/** Most keys of one side that are compared at once; twice as many pass through memory, half cost more reads. */
const keysAtOnce = 50_000;

/**
 * Compares a customer's table with its dataset: count and hash of every key range on both sides,
 * and the keys of the ranges that differ. Both connections must be in read transactions; only
 * hashes and keys cross the network, and few ranges' keys are in memory at once. Each range's
 * `differing` has to be read before the next range is asked for.
 */
export async function* compareContent(
  fitted: FittedTable,
  session: ExportSession,
  progress: ProgressTeller,
): AsyncGenerator<ComparedRange> {
  const rows = await session.hub.sql.unsafe<{ bound: string }[]>(
    boundsQuery(fitted.table.dataset),
  );
  const bounds = rows.map(({ bound }) => bound);
  progress.begin("compared", (bounds.length + 1) * rangeRows);
  for (let start = 0; start <= bounds.length; start += rangesAtOnce) {
    const end = Math.min(start + rangesAtOnce, bounds.length + 1) - 1;
    const slice = {
      span: { from: bounds[start - 1], to: bounds[end] },
      inner: bounds.slice(start, end),
    };
    for await (const range of compareSlice(fitted, session, slice)) {
      yield range;
      progress.advance(range.hubRows);
    }
  }
}

/** Neighbouring ranges: the keys of all of them, and where one ends and the next begins. */
interface Slice {
  readonly span: KeySpan;
  readonly inner: readonly string[];
}

async function* compareSlice(
  fitted: FittedTable,
  session: ExportSession,
  { span, inner }: Slice,
): AsyncGenerator<ComparedRange> {
  const [ours, theirs] = await Promise.all([
    readHashes(session.hub.sql, hubRows(fitted, span), inner),
    readHashes(session.target.sql, tableRows(fitted, span), inner),
  ]);
  for (let range = 0; range <= inner.length; range += 1) {
    const [mine, there] = [ours.get(range), theirs.get(range)];
    const rows = { hubRows: Number(mine?.rows ?? 0), tableRows: Number(there?.rows ?? 0) };
    const isEqual = mine?.rows === there?.rows && mine?.hash === there?.hash;
    const within = { from: inner[range - 1] ?? span.from, to: inner[range] ?? span.to };
    const pieces = isEqual ? 0 : Math.ceil(Math.max(rows.hubRows, rows.tableRows) / keysAtOnce);
    yield { span: within, ...rows, differing: compareKeys(fitted, session, within, pieces) };
  }
}

async function* compareKeys(
  fitted: FittedTable,
  { hub, target }: ExportSession,
  span: KeySpan,
  pieces: number,
): AsyncGenerator<ComparedKeys> {
  for (let piece = 0; piece < pieces; piece += 1) {
    const share = { share: piece, of: pieces };
    const [ours, theirs] = await Promise.all([
      readKeys(hub.sql, hubRows(fitted, span), share),
      readKeys(target.sql, tableRows(fitted, span), share),
    ]);
    const missing = [...ours.keys()].filter((key) => !theirs.has(key));
    const extra = [...theirs.keys()].filter((key) => !ours.has(key));
    const different = [...ours]
      .filter(([key, hash]) => theirs.has(key) && theirs.get(key) !== hash)
      .map(([key]) => key);
    yield { missing, different, extra };
  }
}

interface RangeHash {
  readonly range: number;
  readonly rows: string;
  readonly hash: string;
}

async function readHashes(
  sql: Sql,
  rows: string,
  inner: readonly string[],
): Promise<Map<number, RangeHash>> {
  const found = await sql.unsafe<RangeHash[]>(
    `select h.range, count(*)::text as rows, sum(h.hash)::text as hash
from (select ${rangeOf("r.first", inner)} as range, r.hash from (${rows}) as r) as h
group by h.range`,
  );
  return new Map(found.map((row) => [row.range, row]));
}

async function readKeys(sql: Sql, rows: string, share: KeyShare): Promise<Map<string, string>> {
  const found = await sql.unsafe<{ key: string; hash: string }[]>(
    `select r.key, r.hash::text as hash from (${rows}) as r where ${inShare("r.key", share)}`,
  );
  return new Map(found.map(({ key, hash }) => [key, hash]));
}

/** The rows of a span in the hub, the values in the order of the table's columns. */
function hubRows(fitted: FittedTable, span: KeySpan): string {
  const { columns } = fitted.table.dataset;
  const values = fitted.columns.map(({ column: { source } }) =>
    comparable(`w.c${columns.indexOf(source) + 1}`, source.hubType)
  );
  return hubRowHashes(rowQuery(fitted), values, span);
}

/** The rows of a span in the customer's table, read back as the hub's types. */
function tableRows(fitted: FittedTable, span: KeySpan): string {
  const { table } = fitted;
  const keys = fitted.columns.filter(({ column }) => column.isKey)
    .sort((one, other) => table.key.indexOf(one.column) - table.key.indexOf(other.column))
    .map((column) => readBack(column));
  const first = keys[0] ?? "";
  return `select json_build_array(${keys.join(", ")})::text as key, ${first} as first,
  ${hashOf(tableValues(fitted))} as hash
from ${quoteQualified(table.schema, table.name)} as t where ${inSpan(first, span)}`;
}

/** A column that is to be added has no values. */
function tableValues(fitted: FittedTable): string[] {
  return fitted.columns.map((fittedColumn) => {
    const { source } = fittedColumn.column;
    if (fitted.added.includes(fittedColumn.column)) return `null::${stagedTypes[source.hubType]}`;
    return comparable(readBack(fittedColumn), source.hubType);
  });
}

function readBack({ column, fit }: FittedColumn): string {
  const value = `t.${quoteIdentifier(column.name)}`;
  return fit === "same" ? value : `${value}::text::${stagedTypes[column.source.hubType]}`;
}
