import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import { touchedKeysQuery } from "../hub/dataset_hashes.ts";
import { touchKeys } from "../hub/change_log.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import { quoteQualified } from "../postgres/identifier.ts";
import { compareContent, type ComparedRange } from "./compare_content.ts";
import { type ExportSession, ExportSessions } from "./export_sessions.ts";
import { type PlannedTable, planTables } from "./plan_tables.ts";
import { type ExportDeps, runExport } from "./run_export.ts";
import { rejectsName } from "./status_ddl.ts";
import { surveyExport } from "./survey_export.ts";
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
  /** All keys that differ for no known reason. Empty: the table is what it should be. */
  readonly differences: readonly Difference[];
  /** Keys that differ because they changed since the last run; the next one brings them. */
  readonly pending: number;
  /** Keys that differ because the table refused their rows (`perigee_rejects`). */
  readonly rejected: number;
  /** Rows that are gone in the hub and stay here, because deletes are kept. */
  readonly kept: number;
}

/** Which tables were compared, and which could not be. */
export interface VerifyReport {
  readonly tables: readonly VerifiedTable[];
  readonly stopped: ReadonlyMap<DatasetName, PerigeeError>;
}

/** What `verifyExport` tells after each key range. */
export type OnVerified = (dataset: DatasetName, hubRows: number) => void;

/**
 * Compares the customer's tables with the hub, both at one snapshot each, and writes nothing. What
 * changed in the hub since a table's cursor is told apart by the change log, so the answer is exact
 * while both sides are in use. A dataset without a table or a cursor is in `stopped`.
 */
export async function verifyExport(
  config: ExportConfig,
  deps: ExportDeps,
  onVerified: OnVerified = () => undefined,
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
      tables.push(await verifyTable(config, session, planned, survey, onVerified));
    }
    await Promise.all([session.hub.sql.unsafe("commit"), session.target.sql.unsafe("commit")]);
    return { tables, stopped };
  } finally {
    await sessions.give(config.name, session, false);
  }
}

/**
 * Has the keys that a verification found wrong exported again: they are logged as touched, and a
 * run does the rest in its usual safe way. Every export of the dataset reads them again.
 */
export async function repairExport(
  config: ExportConfig,
  context: RunContext,
  deps: ExportDeps,
  report: VerifyReport,
): Promise<Counts> {
  for (const { dataset, differences } of report.tables) {
    if (differences.length === 0) continue;
    const keys = differences.map(({ key }) => key);
    await touchKeys(deps.hub.sql, context.lease, dataset, keys);
  }
  return await runExport(config, context, deps);
}

async function verifyTable(
  config: ExportConfig,
  session: ExportSession,
  planned: PlannedTable,
  survey: Awaited<ReturnType<typeof surveyExport>>,
  onVerified: OnVerified,
): Promise<VerifiedTable> {
  const hasRejects = survey.target.tables.some(({ name }) => name === rejectsName);
  const rejects = hasRejects ? await readRejectedKeys(session, planned) : new Set<string>();
  const sums = { hubRows: 0, tableRows: 0, ranges: 0, pending: 0, rejected: 0, kept: 0 };
  const differences: Difference[] = [];
  for await (const compared of compareContent(planned.fitted, session)) {
    sums.ranges += 1;
    sums.hubRows += compared.hubRows;
    sums.tableRows += compared.tableRows;
    const found = listDifferences(compared);
    const pending = found.length > 0
      ? await readPendingKeys(session, planned, compared)
      : new Set<string>();
    for (const difference of found) {
      if (pending.has(difference.key)) sums.pending += 1;
      else if (rejects.has(difference.key)) sums.rejected += 1;
      else if (difference.kind === "extra" && config.deletes === "keep") sums.kept += 1;
      else differences.push(difference);
    }
    onVerified(planned.dataset, sums.hubRows);
  }
  return { dataset: planned.dataset, table: planned.fitted.table.name, ...sums, differences };
}

function listDifferences({ missing, different, extra }: ComparedRange): Difference[] {
  return [
    ...missing.map((key): Difference => ({ key, kind: "missing" })),
    ...different.map((key): Difference => ({ key, kind: "different" })),
    ...extra.map((key): Difference => ({ key, kind: "extra" })),
  ];
}

async function readPendingKeys(
  { hub }: ExportSession,
  { cursor, fitted }: PlannedTable,
  { bounds, range }: ComparedRange,
): Promise<Set<string>> {
  const snapshot = cursor?.snapshot ?? undefined;
  if (snapshot === undefined) return new Set();
  const query = touchedKeysQuery(fitted.table.dataset, snapshot, bounds, range);
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
