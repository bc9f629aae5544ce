import { Buffer } from "node:buffer";
import { maxPendingCounted } from "../hub/change_window.ts";
import {
  countTouchedQuery,
  jsonRowsQuery,
  type Window,
  windowRowsQuery,
} from "../hub/dataset_rows.ts";
import { describeFailure } from "../postgres/failure.ts";
import { applyRows } from "./apply_rows.ts";
import { moveInParts } from "./move_rows.ts";
import { rowQuery, type TableCounts, type TableRun } from "./table_run.ts";
import { jsonRowSet, type RowSet, stagingTable, surveyStatement } from "./write_statements.ts";

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
 * Stages and applies the window part by part: while the customer's server applies one, the hub reads
 * the next.
 */
async function applyStaged(run: TableRun, snapshot: string): Promise<TableCounts> {
  const staging = stagingTable(run.fitted);
  const [window] = await Promise.all([
    measureWindow(run, snapshot),
    run.target.sql.unsafe(staging.create),
  ]);
  run.progress.begin("copied", window.atMost);
  const sums = { written: 0, deleted: 0, truncated: 0, rejected: 0 };
  const moved = await moveInParts(run, {
    read: `copy (${windowRowsQuery(rowQuery(run.fitted), window)}) to stdout (format binary)`,
    write: `copy ${staging.name} from stdin (format binary)`,
  }, async ({ isLast }) => {
    if (isLast) run.progress.begin("written", undefined);
    await applyPart(run, staging, sums);
  });
  return { ...sums, read: moved.rows, bytes: moved.bytes };
}

/** Applies what is staged, adds up what it did, and makes room for the next part. */
async function applyPart(
  run: TableRun,
  { name, rowSet }: { readonly name: string; readonly rowSet: RowSet },
  sums: { written: number; deleted: number; truncated: number; rejected: number },
): Promise<void> {
  const [found] = await run.target.sql.unsafe<{ truncated: string; hasGone: boolean }[]>(
    surveyStatement(rowSet),
  );
  const applied = await applyRows(run, rowSet, [], found?.hasGone);
  sums.written += applied.written;
  sums.deleted += applied.deleted;
  sums.rejected += applied.rejected;
  sums.truncated += Number(found?.truncated ?? 0);
  await run.target.sql.unsafe(`truncate ${name}`);
}

/** The window after a snapshot with its exact size. */
export async function measureWindow(run: TableRun, snapshot: string): Promise<Window> {
  const [row] = await run.hub.sql.unsafe<{ count: string }[]>(
    countTouchedQuery(run.fitted.table.dataset, snapshot),
  );
  return { snapshot, atMost: Number(row?.count ?? 0) };
}
