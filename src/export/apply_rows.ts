import { clearTouchedRejects, noteUnholdable } from "./rejects.ts";
import type { TableRun } from "./table_run.ts";
import {
  canMerge,
  deleteGoneStatement,
  mergeStatement,
  type RowSet,
  upsertStatement,
} from "./write_statements.ts";

/** What one row set did to the table. */
export interface Applied {
  readonly written: number;
  readonly deleted: number;
  readonly rejected: number;
}

/**
 * Brings a row set into the table: upserts what is there, deletes what is gone where deletes are
 * propagated (unless it is known that nothing is), and notes what a column could not hold. All or
 * nothing for the caller's savepoint.
 */
export async function applyRows(
  run: TableRun,
  rows: RowSet,
  parameters: readonly string[],
  hasGone = true,
): Promise<Applied> {
  const { sql, target } = run.target;
  // The statements for rows as JSON are the same in each run; planning them takes as long as they do.
  const prepare = { prepare: parameters.length > 0 && !target.isPooled };
  // MERGE need not lock a row before it writes it, which is an eighth of the work. Where somebody
  // else inserts the same key meanwhile, the rows are refused, and written one by one.
  const isMerged = parameters.length === 0 && canMerge(run.fitted, run.targetVersion);
  const write = isMerged ? mergeStatement : upsertStatement;
  await clearTouchedRejects(run, rows, parameters);
  // Sent together: one wait for the network instead of two. What is gone goes first, because a new
  // row may take over a value that the customer wants to be unique.
  const [, deleted, written] = await Promise.all([
    // Nothing is known of the row set, and a guess would read the customer's table from end to end.
    sql.unsafe("set local enable_hashjoin = off; set local enable_mergejoin = off"),
    run.propagatesDeletes && hasGone
      ? sql.unsafe(deleteGoneStatement(run.fitted, rows), [...parameters], prepare)
      : { count: 0 },
    sql.unsafe(write(run.fitted, rows), [...parameters], prepare),
  ]);
  const rejected = await noteUnholdable(run, rows, parameters);
  return { written: written.count, deleted: deleted.count, rejected };
}
