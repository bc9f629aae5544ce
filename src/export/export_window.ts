import { Buffer } from "node:buffer";
import { maxPendingCounted } from "../hub/change_window.ts";
import {
  countWindowQuery,
  jsonRowsQuery,
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

async function applyStaged(run: TableRun, snapshot: string): Promise<TableCounts> {
  const staging = stagingTable(run.fitted);
  const [window] = await Promise.all([
    measureWindow(run, snapshot),
    run.target.sql.unsafe(staging.create),
  ]);
  run.progress.begin("copied", window.atMost);
  const { rows: read, bytes } = await moveRows(
    run,
    `copy (${windowRowsQuery(rowQuery(run.fitted), window)}) to stdout (format binary)`,
    `copy ${staging.name} from stdin (format binary)`,
  );
  run.progress.begin("written", undefined);
  const { truncated, ...applied } = await applyStagedRows(run, staging.rowSet);
  return { ...applied, read, truncated, bytes };
}

async function applyStagedRows(run: TableRun, rows: RowSet) {
  const [applied, [counted]] = await Promise.all([
    applyRows(run, rows, []),
    run.target.sql.unsafe<{ truncated: string }[]>(truncatedStatement(rows)),
  ]);
  return { ...applied, truncated: Number(counted?.truncated ?? 0) };
}

/** The window after a snapshot with its exact size, by which the reading is planned. */
export async function measureWindow(run: TableRun, snapshot: string): Promise<Window> {
  const query = countWindowQuery(run.fitted.table.dataset, snapshot);
  const [row] = await run.hub.sql.unsafe<{ count: string }[]>(query);
  return { snapshot, atMost: Number(row?.count ?? 0) };
}
