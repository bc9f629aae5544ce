import { estimateRowsQuery, type RowQuery } from "../hub/dataset_rows.ts";
import type { ProgressTeller } from "../observe/progress.ts";
import { type Connection } from "../postgres/connection.ts";
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
