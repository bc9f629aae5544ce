import { PerigeeError } from "../error.ts";
import { estimateRowsQuery, type RowQuery } from "../hub/dataset_rows.ts";
import type { ProgressTeller } from "../observe/progress.ts";
import { type Connection } from "../postgres/connection.ts";
import { copyBetween } from "../postgres/copy_stream.ts";
import type { FittedTable } from "./fit_table.ts";

/** What writing one table works with. Both connections are inside the run's transactions. */
export interface TableRun {
  readonly fitted: FittedTable;
  /** At the run's snapshot. */
  readonly hub: Connection;
  readonly target: Connection;
  readonly targetVersion: number;
  readonly targetEncoding: string;
  readonly propagatesDeletes: boolean;
  /** There is a table `perigee_rejects` to note refused rows in. */
  readonly notesRejects: boolean;
  /** It holds rows of this table. */
  readonly hasRejects: boolean;
  readonly signal: AbortSignal;
  readonly progress: ProgressTeller;
}

/** What happened to the rows of one table. */
export interface TableCounts {
  /** Rows and gone keys that were read from the hub. */
  readonly read: number;
  /** Rows inserted or updated. */
  readonly written: number;
  readonly deleted: number;
  /** Texts that were cut to the length of their column. */
  readonly truncated: number;
  /** Rows that the table refused. */
  readonly rejected: number;
  /** Size of the rows on their way from the hub to the customer's database. */
  readonly bytes: number;
}

/** How a table's rows are read: the limits that its columns have now. */
export function rowQuery(fitted: FittedTable): RowQuery {
  const limits = new Map<string, number>();
  for (const { hubColumn } of fitted.table.dataset.columns) {
    const here = fitted.columns.filter(({ column }) => column.source.hubColumn === hubColumn);
    const widest = Math.max(...here.map(({ limit }) => limit ?? Number.POSITIVE_INFINITY));
    if (Number.isFinite(widest)) limits.set(hubColumn, widest);
  }
  return { dataset: fitted.table.dataset, limits };
}

/** About how many rows the dataset has, for the progress. */
export async function estimateRows({ hub, fitted }: TableRun): Promise<number | undefined> {
  const [row] = await hub.sql.unsafe<
    { "QUERY PLAN": readonly { Plan: { "Plan Rows": number } }[] }[]
  >(estimateRowsQuery(fitted.table.dataset));
  return row?.["QUERY PLAN"][0]?.Plan["Plan Rows"];
}

/**
 * A COPY that does not move for this long is broken off, ms: the link is half-open or the server
 * hangs. Half would break off at the checkpoint of a slow disk; twice would leave locks for longer.
 */
const stallLimitMs = 120_000;
/** Until the first bytes, ms: the hub may have to sort a large dataset before. */
const startLimitMs = 900_000;

/**
 * `copyBetween` that tells how far it is and gives up (PG516) when nothing moves. The hub begins to
 * read at once; the customer's server writes after `before`. Answers how much was moved.
 */
export async function moveRows(
  run: TableRun,
  read: string,
  write: string,
  before: Promise<unknown> = Promise.resolve(),
): Promise<{ rows: number; bytes: number }> {
  const stalled = new AbortController();
  const giveUp = () => stalled.abort(stallError(run));
  let timer: NodeJS.Timeout | undefined;
  try {
    return await copyBetween({
      from: run.hub,
      read,
      to: run.target,
      write,
      signal: AbortSignal.any([run.signal, stalled.signal]),
      beforeWrite: async () => {
        await before;
        timer = setTimeout(giveUp, startLimitMs);
      },
      onBytes: (_, rows) => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, stallLimitMs);
        run.progress.advance(rows);
      },
    });
  } finally {
    clearTimeout(timer);
  }
}

function stallError(run: TableRun): PerigeeError {
  return new PerigeeError(
    `Could not copy rows of ${run.fitted.table.dataset.name} to ${run.target.target.name}: nothing moved for too long`,
    { kind: "connection", code: "PG516", advice: "Check the link; it is tried again by itself." },
  );
}
