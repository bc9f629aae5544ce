import type { ExportConfig } from "../config/model.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { registerExport, reportExport } from "../hub/export_cursors.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import { ProgressTeller } from "../observe/progress.ts";
import { withSpan } from "../observe/trace.ts";
import { makeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { observeTable, Tally, throwIfStopped } from "./export_report.ts";
import { type Findings, groupIntoUnits, writeUnits } from "./export_pass.ts";
import { type ExportSession, ExportSessions } from "./export_sessions.ts";
import { type ExportPlan, type PlannedTable, planTables } from "./plan_tables.ts";
import { prepareSchema } from "./prepare_schema.ts";
import { rejectsName } from "./status_ddl.ts";
import { type ExportSurvey, surveyExport } from "./survey_export.ts";
import type { TablePlan } from "./write_table.ts";

/** What a run of an export works with. */
export interface ExportDeps {
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
  /** Keeps connections warm between runs on change; without it each run logs in anew. */
  readonly sessions?: ExportSessions;
}

/**
 * Brings the customer's tables to the state that the hub has now, all datasets at one snapshot, and
 * moves each table's cursor in the transaction of its rows (G1, G2). Whenever it is interrupted, the
 * next run goes on from what the customer's database has committed. Two daemons may run it at once:
 * the cursors' row locks order them, and whose cursor was moved meanwhile is rolled back (PG504).
 *
 * A dataset whose table is wrong stops alone; when all others are done, PG510 tells which stopped.
 * Counts: `read`, `written`, `deleted`, `truncated`, `rejected`, `datasets` (with work), `inProgress`
 * (transactions that ran in the hub when it was read: a change of theirs is still to come).
 */
export async function runExport(
  config: ExportConfig,
  context: RunContext,
  deps: ExportDeps,
): Promise<Counts> {
  const sessions = deps.sessions ?? new ExportSessions(deps.hubTarget, deps.connectors);
  const tally = new Tally();
  const findings: Findings = { careful: new Set(), stopped: new Map() };
  try {
    while (!await runPass(config, context, deps, sessions, findings, tally));
    throwIfStopped(config, context, findings.stopped);
    return tally.counts;
  } finally {
    if (deps.sessions === undefined) await sessions.close();
  }
}

/** One pass over all datasets. False: another pass has to do what is left (see `writeUnits`). */
async function runPass(
  config: ExportConfig,
  context: RunContext,
  deps: ExportDeps,
  sessions: ExportSessions,
  findings: Findings,
  tally: Tally,
): Promise<boolean> {
  context.signal.throwIfAborted();
  const session = await sessions.take(config.name, config.connector);
  const breakOff = () => breakSession(session);
  context.signal.addEventListener("abort", breakOff, { once: true });
  try {
    const attributes = { "perigee.run.name": context.name };
    const survey = await withSpan(
      { name: "survey export", attributes },
      () => surveyExport(config, session),
    );
    const plan = planTables(config, survey.target, survey.cursors, survey.hub);
    for (const [dataset, error] of plan.stopped) findings.stopped.set(dataset, error);
    const units = groupIntoUnits(tablePlans(config, context, session, survey, plan, findings));
    tally.inProgress = survey.hub.inProgress;
    if (units.length > 0) {
      await prepare(config, context, deps, session, survey, units);
      const isDone = await withSpan(
        { name: "write export", attributes },
        () =>
          writeUnits(config, session, units, findings, (table, counts) => {
            tally.add(counts);
            observeTable(context, table, counts);
          }),
      );
      if (!isDone) return false;
    }
    await session.hub.sql.unsafe("commit");
    const shared = plan.tables.filter((planned) => isMovedByAnother(config, planned));
    await report(config, context, deps, survey, [...units.flat(), ...shared], findings);
    return true;
  } finally {
    context.signal.removeEventListener("abort", breakOff);
    await sessions.give(config.name, session, config.onChange);
  }
}

function tablePlans(
  config: ExportConfig,
  context: RunContext,
  session: ExportSession,
  survey: ExportSurvey,
  plan: ExportPlan,
  findings: Findings,
): TablePlan[] {
  return plan.tables.filter(({ dataset }) => !findings.stopped.has(dataset)).map((planned) => ({
    work: config.maxStalenessMs !== undefined && needsConfirming(planned, config.maxStalenessMs)
      ? { kind: "confirm" }
      : planned.work,
    cursor: planned.cursor,
    next: planned.next,
    isCareful: findings.careful.has(planned.dataset),
    run: {
      ...session,
      fitted: planned.fitted,
      targetVersion: survey.target.versionNum,
      targetEncoding: survey.target.encoding,
      propagatesDeletes: config.deletes === "propagate",
      notesRejects: config.statusTables ||
        survey.target.tables.some(({ name }) => name === rejectsName),
      hasRejects: (planned.cursor?.rejected ?? "0") !== "0",
      signal: context.signal,
      progress: new ProgressTeller(context.observe, {
        name: context.name,
        what: planned.dataset,
        unit: "rows",
      }),
    },
  }));
}

/**
 * A table that promises freshness says at half of its time that it is up to date, although nothing
 * changed. Without a promise, a run with nothing to do writes nothing.
 */
function needsConfirming({ work, cursor }: PlannedTable, maxStalenessMs: number): boolean {
  return work.kind === "nothing" && (cursor?.confirmedAgo ?? 0) * 2_000 > maxStalenessMs;
}

/**
 * A table that another export of this hub has brought to this state. Nothing is to be done, but the
 * hub has to hear of it: it would keep its change log for this export back to its own last work.
 */
function isMovedByAnother({ name }: ExportConfig, { work, cursor }: PlannedTable): boolean {
  return work.kind === "nothing" && cursor !== undefined && cursor.exportName !== name;
}

async function prepare(
  config: ExportConfig,
  context: RunContext,
  deps: ExportDeps,
  { target }: ExportSession,
  survey: ExportSurvey,
  units: readonly TablePlan[][],
): Promise<void> {
  if (survey.target.isReadOnly) {
    throw makeFailure("PG221", { doing: `export to ${config.schema}`, target: target.target });
  }
  await prepareSchema(config, survey.target, target);
  const full = units.flat().filter(({ work }) => work.kind === "load" || work.kind === "full");
  for (const { work, next } of full) {
    const reason = "reason" in work ? work.reason : undefined;
    if (reason === undefined) continue;
    context.observe({ kind: "resync_needed", name: context.name, dataset: next.dataset, reason });
  }
  if (full.length === 0) return;
  const cursors = full.map(({ next }) => reported(next.dataset as DatasetName, survey));
  await registerExport(deps.hub.sql, context.lease, config.name, cursors);
}

async function report(
  config: ExportConfig,
  context: RunContext,
  deps: ExportDeps,
  survey: ExportSurvey,
  reached: readonly Pick<TablePlan, "next">[],
  findings: Findings,
): Promise<void> {
  const names = reached.map(({ next }) => next.dataset as DatasetName)
    .filter((dataset) => !findings.stopped.has(dataset));
  if (names.length === 0) return;
  const cursors = names.map((dataset) => reported(dataset, survey));
  await reportExport(deps.hub.sql, context.lease, config.name, cursors);
}

function reported(dataset: DatasetName, { hub: { snapshot, readAt } }: ExportSurvey) {
  return { dataset, snapshot, readAt };
}

function breakSession({ hub, target }: ExportSession): void {
  hub.destroy();
  target.destroy();
}
