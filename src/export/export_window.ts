import { Buffer } from "node:buffer";
import { maxPendingCounted } from "../hub/change_window.ts";
import {
  jsonRowsQuery,
  type KeySpan,
  measureWindowQuery,
  type Window,
  windowRowsQuery,
} from "../hub/dataset_rows.ts";
import { describeFailure } from "../postgres/failure.ts";
import { applyRows } from "./apply_rows.ts";
import { moveRows, rowQuery, type TableCounts, type TableRun } from "./table_run.ts";
import { jsonRowSet, type RowSet, stagingTable, truncatedStatement } from "./write_statements.ts";

/**
 * Most bytes of JSON that one statement carries. It passes through this process's memory, a few
 * times; twice as much would show in a daemon that is kept small, half sends more through staging.
 */
const maxJsonBytes = 1_048_576;

/**
 * Writes what was touched since `snapshot`. Few rows go as JSON that the hub makes and the
 * customer's server reads, in one statement (below 100 rows twice as fast as staging, and half the
 * round trips); more as binary COPY into a staging table, in key order, which keeps the upsert's
 * way through the index short and lets no transaction of the customer's become a deadlock's victim.
 */
export async function exportWindow(
  run: TableRun,
  snapshot: string,
  early: EarlyRows | undefined,
): Promise<TableCounts> {
  const few = await early;
  if (few === undefined) return await applyStaged(run, snapshot);
  const applied = await applyRows(run, jsonRowSet(run.fitted), [few.json]);
  const bytes = Buffer.byteLength(few.json);
  return { ...applied, read: few.count, truncated: few.truncated, bytes };
}

/** Rows as a JSON array that the hub made. */
interface FewRows {
  readonly json: string;
  readonly count: number;
  readonly truncated: number;
}

/** The rows of a small window on their way here; undefined when they are too many or too large. */
export type EarlyRows = Promise<FewRows | undefined>;

/** Begins to read a window of `pending` log rows. Nobody has to await it; errors are PG2xx. */
export function readEarly(run: TableRun, snapshot: string, pending: number): EarlyRows {
  if (pending >= maxPendingCounted) return Promise.resolve(undefined);
  const rows = readFew(run, { snapshot, atMost: maxPendingCounted }).catch((error) => {
    throw describeFailure(error, { doing: "read the change log", target: run.hub.target });
  });
  rows.catch(() => undefined); // Whoever awaits it hears of it.
  return rows;
}

async function readFew(run: TableRun, window: Window): EarlyRows {
  const query = rowQuery(run.fitted);
  const rows = jsonRowsQuery(query, windowRowsQuery(query, window));
  const [found] = await run.hub.sql.unsafe<
    { count: number; truncated: number; json: string | null }[]
  >(
    `with few as materialized (${rows})
select count(*)::integer as count,
  coalesce(sum((few.row::json ->> 'cut')::integer), 0)::integer as truncated, case when coalesce(sum(octet_length(few.row)), 0) <= ${maxJsonBytes}
  then '[' || coalesce(string_agg(few.row, ','), '') || ']' end as json from few`,
  );
  if (found === undefined || found.json === null) return undefined;
  return { ...found, json: found.json };
}

/**
 * A window is cut into so many parts, none smaller than so many rows: while the customer's server
 * writes one part, the hub reads the next. With half as many parts less is done at once; with twice
 * as many, or smaller ones, their own statements weigh more than what is won.
 */
const cut = { parts: 8, leastRows: 1_000 };

async function applyStaged(run: TableRun, snapshot: string): Promise<TableCounts> {
  const staging = stagingTable(run.fitted);
  const [{ window, spans }] = await Promise.all([
    measureWindow(run, snapshot),
    run.target.sql.unsafe(staging.create),
  ]);
  run.progress.begin("copied", window.atMost);
  const sums = { read: 0, written: 0, deleted: 0, truncated: 0, rejected: 0, bytes: 0 };
  let applying: Promise<void> = Promise.resolve();
  for (const [index, span] of spans.entries()) {
    const rows = windowRowsQuery(rowQuery(run.fitted), { ...window, span });
    const moved = await moveRows(
      run,
      `copy (${rows}) to stdout (format binary)`,
      `copy ${staging.name} from stdin (format binary)`,
      applying,
    );
    sums.read += moved.rows;
    sums.bytes += moved.bytes;
    const isLast = index === spans.length - 1;
    if (isLast) run.progress.begin("written", undefined);
    applying = applyPart(run, staging, sums, isLast);
    applying.catch(() => undefined); // The next part, or the end, hears of it.
  }
  await applying;
  return sums;
}

/** Applies what is staged, adds up what it did, and makes room for the next part. */
async function applyPart(
  run: TableRun,
  { name, rowSet }: { readonly name: string; readonly rowSet: RowSet },
  sums: { written: number; deleted: number; truncated: number; rejected: number },
  isLast: boolean,
): Promise<void> {
  const [applied, [counted]] = await Promise.all([
    applyRows(run, rowSet, []),
    run.target.sql.unsafe<{ truncated: string }[]>(truncatedStatement(rowSet)),
  ]);
  sums.written += applied.written;
  sums.deleted += applied.deleted;
  sums.rejected += applied.rejected;
  sums.truncated += Number(counted?.truncated ?? 0);
  if (!isLast) await run.target.sql.unsafe(`truncate ${name}`);
}

/** The window after a snapshot with its exact size, and the parts in which it is read. */
export async function measureWindow(
  run: TableRun,
  snapshot: string,
): Promise<{ window: Window; spans: KeySpan[] }> {
  const query = measureWindowQuery(run.fitted.table.dataset, snapshot, cut);
  const [row] = await run.hub.sql.unsafe<{ count: string; bounds: string }[]>(query);
  const bounds = JSON.parse(row?.bounds ?? "[]") as string[];
  const spans = [...bounds.keys(), bounds.length].map((index) => ({
    from: bounds[index - 1],
    to: bounds[index],
  }));
  return { window: { snapshot, atMost: Number(row?.count ?? 0) }, spans };
}
