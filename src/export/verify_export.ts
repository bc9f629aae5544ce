import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import { touchedKeysQuery } from "../hub/dataset_hashes.ts";
import type { KeySpan } from "../hub/dataset_rows.ts";
import { touchKeys } from "../hub/change_log.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts, Observe } from "../observe/observation.ts";
import { ProgressTeller } from "../observe/progress.ts";
import { quoteQualified } from "../postgres/identifier.ts";
import { compareContent, type ComparedKeys } from "./compare_content.ts";
import { type ExportSession, ExportSessions } from "./export_sessions.ts";
import { type PlannedTable, planTables } from "./plan_tables.ts";
import { type ExportDeps, runExport } from "./run_export.ts";
import { rejectsName } from "./status_ddl.ts";
import { resyncExport } from "./resync_export.ts";
import { type ExportSurvey, surveyExport } from "./survey_export.ts";
import { beginTargetRead } from "./target_transaction.ts";

/** A key whose row at the customer's is not what the hub had at the table's cursor. */
export interface Difference {
  /** The key's values as a JSON array. */
  readonly key: string;
  readonly kind: "missing" | "different" | "extra";
}

/** How one table stands to its dataset. */
export interface VerifiedTable {
  readonly dataset: DatasetName;
  readonly table: string;
  readonly hubRows: number;
  readonly tableRows: number;
  readonly ranges: number;
  /** Keys that differ for no known reason. 0: the table is what it should be. */
  readonly differing: number;
  /** Those keys; the first `maxListed` of them where there are more. */
  readonly differences: readonly Difference[];
  /** Keys that differ because they changed since the last run; the next one brings them. */
  readonly pending: number;
  /** Keys that differ because the table refused their rows (`perigee_rejects`). */
  readonly rejected: number;
  /** Rows that are gone in the hub and stay here, because deletes are kept. */
  readonly kept: number;
}

/**
 * Most keys of one table that are listed. Ten times as many would fill the memory of a daemon that
 * is kept small; a table in which more differ is mended by comparing all of it.
 */
export const maxListed = 100_000;

/** Which tables were compared, and which could not be. */
export interface VerifyReport {
  readonly tables: readonly VerifiedTable[];
  readonly stopped: ReadonlyMap<DatasetName, PerigeeError>;
}

/**
 * Compares the customer's tables with the hub, both at one snapshot each, and writes nothing. What
 * changed in the hub since a table's cursor is told apart by the change log, so the answer is exact
 * while both sides are in use. A dataset without a table or a cursor is in `stopped`.
 */
export async function verifyExport(
  config: ExportConfig,
  deps: ExportDeps,
  observe: Observe = () => undefined,
): Promise<VerifyReport> {
  const sessions = deps.sessions ?? new ExportSessions(deps.hubTarget, deps.connectors);
  const session = await sessions.take(config.name, config.connector);
  try {
    await beginTargetRead(session.target.sql, session.target.target);
    const survey = await surveyExport(config, session, "inside");
    const plan = planTables(config, survey.target, survey.cursors, survey.hub);
    const stopped = new Map(plan.stopped);
    const tables: VerifiedTable[] = [];
    for (const planned of plan.tables) {
      if (planned.work.kind === "load" || planned.cursor?.snapshot === undefined) {
        stopped.set(planned.dataset, notExported(config, planned));
        continue;
      }
      const subject = {
        name: `export/${config.name}`,
        what: planned.dataset,
        unit: "rows",
      } as const;
      const progress = new ProgressTeller(observe, subject);
      tables.push(await verifyTable(config, session, planned, survey, progress));
    }
    await Promise.all([session.hub.sql.unsafe("commit"), session.target.sql.unsafe("commit")]);
    return { tables, stopped };
  } finally {
    await sessions.give(config.name, session, false);
  }
}

/**
 * Mends what a verification found, at once, in one run of the export under its lease: the keys that
 * differ are logged as touched, a table in which more differ than could be listed is marked to be
 * compared in full, and the run does the rest in its usual safe way. Safe however often it is
 * repeated or broken off. Every export of the dataset reads the touched keys again.
 */
export async function repairExport(
  config: ExportConfig,
  context: RunContext,
  deps: ExportDeps,
  report: VerifyReport,
): Promise<Counts> {
  const differing = report.tables.filter((table) => table.differing > 0);
  const isListed = (table: VerifiedTable) => table.differences.length === table.differing;
  for (const { dataset, differences } of differing.filter(isListed)) {
    const keys = differences.map(({ key }) => key);
    await touchKeys(deps.hub.sql, context.lease, dataset, keys);
  }
  const rest = differing.filter((table) => !isListed(table)).map(({ dataset }) => dataset);
  if (rest.length > 0) await resyncExport(config, deps, rest);
  return await runExport(config, context, deps);
}

async function verifyTable(
  config: ExportConfig,
  session: ExportSession,
  planned: PlannedTable,
  survey: ExportSurvey,
  progress: ProgressTeller,
): Promise<VerifiedTable> {
  const hasRejects = survey.target.tables.some(({ name }) => name === rejectsName);
  const rejects = hasRejects ? await readRejectedKeys(session, planned) : new Set<string>();
  const sums = {
    hubRows: 0,
    tableRows: 0,
    ranges: 0,
    differing: 0,
    pending: 0,
    rejected: 0,
    kept: 0,
  };
  const differences: Difference[] = [];
  for await (const range of compareContent(planned.fitted, session, progress)) {
    sums.ranges += 1;
    sums.hubRows += range.hubRows;
    sums.tableRows += range.tableRows;
    let pending: ReadonlySet<string> | undefined;
    for await (const keys of range.differing) {
      pending ??= await readPendingKeys(session, planned, range.span);
      for (const difference of listDifferences(keys)) {
        if (pending.has(difference.key)) sums.pending += 1;
        else if (rejects.has(difference.key)) sums.rejected += 1;
        else if (difference.kind === "extra" && config.deletes === "keep") sums.kept += 1;
        else {
          sums.differing += 1;
          if (differences.length < maxListed) differences.push(difference);
        }
      }
    }
  }
  return { dataset: planned.dataset, table: planned.fitted.table.name, ...sums, differences };
}

function listDifferences({ missing, different, extra }: ComparedKeys): Difference[] {
  return [
    ...missing.map((key): Difference => ({ key, kind: "missing" })),
    ...different.map((key): Difference => ({ key, kind: "different" })),
    ...extra.map((key): Difference => ({ key, kind: "extra" })),
  ];
}

async function readPendingKeys(
  { hub }: ExportSession,
  { cursor, fitted }: PlannedTable,
  span: KeySpan,
): Promise<Set<string>> {
  const snapshot = cursor?.snapshot ?? undefined;
  if (snapshot === undefined) return new Set();
  const query = touchedKeysQuery(fitted.table.dataset, snapshot, span);
  const rows = await hub.sql.unsafe<{ key: string }[]>(query);
  return new Set(rows.map(({ key }) => key));
}

async function readRejectedKeys(
  { target }: ExportSession,
  { fitted: { table } }: PlannedTable,
): Promise<Set<string>> {
  const names = table.key.map(({ name }) => `key -> '${name.replaceAll("'", "''")}'`);
  const rows = await target.sql.unsafe<{ key: string }[]>(
    `select jsonb_build_array(${names.join(", ")})::text as key
    from ${quoteQualified(table.schema, rejectsName)} where table_name = $1`,
    [table.name],
  );
  return new Set(rows.map(({ key }) => key));
}

function notExported(config: ExportConfig, { fitted: { table } }: PlannedTable): PerigeeError {
  return new PerigeeError(
    `There is nothing to verify in ${table.schema}.${table.name}: it was not exported yet`,
    {
      kind: "not_found",
      code: "PG517",
      advice: `Run \`perigee run export/${config.name}\` first.`,
    },
  );
}
