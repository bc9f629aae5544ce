import { PerigeeError } from "../error.ts";
import { describeFailure, retryPolicy } from "../postgres/failure.ts";
import { applyCarefully } from "./apply_carefully.ts";
import type { Work } from "./choose_work.ts";
import { compareTable } from "./compare_table.ts";
import { claimCursor, type Cursor, moveCursor, type NextCursor } from "./cursor.ts";
import { type EarlyRows, exportWindow, readEarly } from "./export_window.ts";
import { place } from "./fit_table.ts";
import { loadTable } from "./load_table.ts";
import { countRejects } from "./rejects.ts";
import { alterationStatements } from "./table_changes.ts";
import type { TableCounts, TableRun } from "./table_run.ts";

/** What is to be done for one table, decided before anything is written. */
export interface TablePlan {
  readonly run: TableRun;
  readonly work: Work | { readonly kind: "confirm" };
  readonly cursor: Cursor | undefined;
  readonly next: NextCursor;
  /** Rows of this table were refused in this run: go piece by piece. */
  readonly isCareful: boolean;
}

const noCounts: TableCounts = {
  read: 0,
  written: 0,
  deleted: 0,
  truncated: 0,
  rejected: 0,
  bytes: 0,
};

/**
 * Begins to read the rows of a table whose window is small, before anything else is done for it: the
 * hub is at work then while the customer's database begins its transaction. Undefined for the rest.
 */
export function startReading({ run, work, cursor, isCareful }: TablePlan): EarlyRows | undefined {
  const snapshot = cursor?.snapshot ?? undefined;
  if (isCareful || work.kind !== "window" || snapshot === undefined) return undefined;
  return readEarly(run, snapshot, work.pending);
}

/**
 * Writes one table and moves its cursor in a savepoint of the open transaction: both or neither.
 * Rows that are refused are set aside by a second, careful pass. Throws a `PerigeeError`; when it
 * throws and the connection lives, the transaction stands as before, without this table.
 */
export async function writeTable(
  plan: TablePlan,
  early: EarlyRows | undefined,
): Promise<TableCounts> {
  if (plan.isCareful) return await inSavepoint(plan, () => writeOnce(plan, "carefully"));
  try {
    return await inSavepoint(plan, () => writeOnce(plan, early));
  } catch (error) {
    const isAboutRows = error instanceof PerigeeError && retryPolicy(error) === "set_aside";
    const { hub, target } = plan.run;
    if (!isAboutRows || !target.isAlive || !hub.isAlive) throw error;
    return await inSavepoint(plan, () => writeOnce(plan, "carefully"));
  }
}

/** How the rows are written: piece by piece, or all at once, with what was read early of them. */
type Way = "carefully" | EarlyRows | undefined;

async function writeOnce(plan: TablePlan, way: Way): Promise<TableCounts> {
  const { run, cursor, next } = plan;
  const { table } = run.fitted;
  await claimCursor(run.target, table.schema, next, cursor);
  for (const statement of alterationStatements(run.fitted)) await run.target.sql.unsafe(statement);
  const counts = await applyWork(plan, way);
  const knowsRejects = run.hasRejects || counts.rejected > 0;
  await moveCursor(run.target, table.schema, next, cursor?.snapshot ?? null, {
    changed: counts.written + counts.deleted,
    rejected: knowsRejects ? await countRejects(run) : "0",
  });
  run.signal.throwIfAborted();
  return counts;
}

function applyWork(plan: TablePlan, way: Way): Promise<TableCounts> {
  const { run, work, cursor } = plan;
  switch (work.kind) {
    case "nothing":
    case "confirm":
      return Promise.resolve(noCounts);
    case "load":
      return way === "carefully" ? applyCarefully(run, { kind: "load" }) : loadTable(run);
    case "full":
      return way === "carefully" ? applyCarefully(run, { kind: "full" }) : compareTable(run);
    case "window": {
      const snapshot = cursor?.snapshot ?? undefined;
      if (snapshot === undefined) throw new Error("a window begins at a cursor's snapshot");
      return way === "carefully"
        ? applyCarefully(run, { kind: "window", snapshot })
        : exportWindow(run, snapshot, way);
    }
  }
}

async function inSavepoint<T>({ run }: TablePlan, work: () => Promise<T>): Promise<T> {
  const { sql } = run.target;
  try {
    // On its way before what follows, without waiting; where it fails, so does that.
    const saved = sql.unsafe("savepoint dataset").execute();
    const [, done] = await Promise.all([saved, work()]);
    await sql.unsafe("release savepoint dataset");
    return done;
  } catch (error) {
    if (run.target.isAlive && run.target.transactionStatus !== "idle") {
      await sql.unsafe("rollback to savepoint dataset; release savepoint dataset");
    }
    const doing = `export to ${place(run.fitted.table)}`;
    throw describeFailure(error, { doing, target: run.target.target });
  }
}
