import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import { describeFailure, retryPolicy } from "../postgres/failure.ts";
import type { ExportSession } from "./export_sessions.ts";
import { inseparable } from "./narrow_export.ts";
import type { TableCounts } from "./table_run.ts";
import { beginTargetWrite } from "./target_transaction.ts";
import { startReading, type TablePlan, writeTable } from "./write_table.ts";

/** Called after a unit is committed, for each of its tables that was not stopped. */
export type OnWritten = (plan: TablePlan, counts: TableCounts) => void;

/** What a pass found out about single datasets; the pass after it has to heed it. */
export interface Findings {
  /** Rows of these are refused by the server that they are copied to: go piece by piece. */
  readonly careful: Set<DatasetName>;
  readonly stopped: Map<DatasetName, PerigeeError>;
}

/**
 * Which tables are committed in one transaction, first first. All windows go together, so that a
 * customer sees one state of the hub after the other; a table that is loaded or compared in full
 * has a transaction of its own, because it may take long; an order never goes without its items.
 */
export function groupIntoUnits(plans: readonly TablePlan[]): TablePlan[][] {
  const isLong = (plan: TablePlan) => plan.work.kind === "load" || plan.work.kind === "full";
  const name = (plan: TablePlan) => plan.next.dataset as DatasetName;
  const due = plans.filter((plan) => plan.work.kind !== "nothing");
  const pair = due.filter((plan) => inseparable.includes(name(plan)));
  const isPairLong = pair.some(isLong);
  const rest = due.filter((plan) => !isPairLong || !pair.includes(plan));
  const units = [
    rest.filter((plan) => !isLong(plan)),
    ...rest.filter(isLong).map((plan) => [plan]),
    isPairLong ? pair : [],
  ];
  return units.filter((unit) => unit.length > 0);
}

/**
 * Writes all units, each in one transaction. Answers false when a COPY failed for one table's
 * reasons: both connections are gone then, what it found is in `findings`, and a new pass has to
 * do what is left. A table that stops otherwise is noted and the others go on. Throws what concerns
 * the whole run: a lost connection, a conflict with another run, the end of the daemon.
 */
export async function writeUnits(
  config: ExportConfig,
  session: ExportSession,
  units: readonly TablePlan[][],
  findings: Findings,
  onWritten: OnWritten,
): Promise<boolean> {
  for (const unit of units) {
    if (!await writeUnit(config, session, unit, findings, onWritten)) return false;
  }
  return true;
}

async function writeUnit(
  config: ExportConfig,
  { hub, target }: ExportSession,
  unit: readonly TablePlan[],
  findings: Findings,
  onWritten: OnWritten,
): Promise<boolean> {
  const written: [TablePlan, TableCounts][] = [];
  const started = unit.map((plan) => [plan, startReading(plan)] as const);
  await beginTargetWrite(target.sql, target.target)
    .catch((error) => {
      throw describeFailure(error, { doing: `export to ${config.schema}`, target: target.target });
    });
  for (const [plan, early] of started) {
    try {
      written.push([plan, await writeTable(plan, early)]);
    } catch (error) {
      noteFailure(plan, error as PerigeeError, findings);
      if (!target.isAlive || !hub.isAlive) return false;
    }
  }
  await target.sql.unsafe("commit").catch((error) => {
    throw describeFailure(error, { doing: `commit to ${config.schema}`, target: target.target });
  });
  for (const [plan, counts] of written) onWritten(plan, counts);
  return true;
}

function noteFailure(plan: TablePlan, error: PerigeeError, findings: Findings): void {
  const concernsAll = error.kind === "connection" || error.kind === "credentials" ||
    error.kind === "shutdown" || error.code === "PG504" || error.code === "PG221";
  plan.run.signal.throwIfAborted();
  if (concernsAll) throw error;
  const dataset = plan.next.dataset as DatasetName;
  const isLost = !plan.run.target.isAlive || !plan.run.hub.isAlive;
  if (isLost && retryPolicy(error) === "set_aside" && !plan.isCareful) {
    findings.careful.add(dataset);
  } else {
    findings.stopped.set(dataset, error);
  }
}
