import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import type { PerigeeError } from "../error.ts";
import { countRowsQuery } from "../hub/dataset_rows.ts";
import type { Observe } from "../observe/observation.ts";
import { ProgressTeller } from "../observe/progress.ts";
import type { Work } from "./choose_work.ts";
import { compareContent } from "./compare_content.ts";
import { type ExportSession, ExportSessions } from "./export_sessions.ts";
import type { FittedTable } from "./fit_table.ts";
import { type PlannedTable, planTables } from "./plan_tables.ts";
import { preparationStatements } from "./prepare_schema.ts";
import type { ExportDeps } from "./run_export.ts";
import { surveyExport } from "./survey_export.ts";
import { tableStatements } from "./table_changes.ts";
import { beginTargetRead } from "./target_transaction.ts";

/** What a run would do to one table. */
export interface TableForecast {
  readonly dataset: DatasetName;
  readonly table: string;
  readonly work: Work["kind"];
  /** Why everything is compared, where it is. */
  readonly reason: string | undefined;
  readonly statements: readonly string[];
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly unchanged: number;
}

/** What a run would do now. */
export interface ExportForecast {
  /** DDL for the schema and the tables beside the nine. */
  readonly statements: readonly string[];
  readonly tables: readonly TableForecast[];
  readonly stopped: ReadonlyMap<DatasetName, PerigeeError>;
}

/**
 * What a run would do now: the DDL, and for each table how many rows it would insert, update,
 * delete and leave, found by comparing hashes at both ends. Writes nothing and locks nothing.
 */
export async function planExport(
  config: ExportConfig,
  deps: ExportDeps,
  observe: Observe = () => undefined,
): Promise<ExportForecast> {
  const sessions = deps.sessions ?? new ExportSessions(deps.hubTarget, deps.connectors);
  const session = await sessions.take(config.name, config.connector);
  try {
    await beginTargetRead(session.target.sql, session.target.target);
    const survey = await surveyExport(config, session, "inside");
    const plan = planTables(config, survey.target, survey.cursors, survey.hub);
    const tables: TableForecast[] = [];
    for (const planned of plan.tables) {
      const subject = {
        name: `export/${config.name}`,
        what: planned.dataset,
        unit: "rows",
      } as const;
      const progress = new ProgressTeller(observe, subject);
      tables.push(await forecast(config, session, planned, progress));
    }
    await Promise.all([session.hub.sql.unsafe("commit"), session.target.sql.unsafe("commit")]);
    const statements = preparationStatements(config, survey.target);
    return { statements, tables, stopped: plan.stopped };
  } finally {
    await sessions.give(config.name, session, false);
  }
}

async function forecast(
  config: ExportConfig,
  session: ExportSession,
  { dataset, fitted, work }: PlannedTable,
  progress: ProgressTeller,
): Promise<TableForecast> {
  const counts = fitted.exists
    ? await compareRows(config, session, fitted, progress)
    : { inserts: await countRows(session, fitted), updates: 0, deletes: 0, unchanged: 0 };
  return {
    dataset,
    table: `${fitted.table.schema}.${fitted.table.name}`,
    work: work.kind,
    reason: "reason" in work ? work.reason : undefined,
    statements: tableStatements(fitted),
    ...counts,
  };
}

async function compareRows(
  config: ExportConfig,
  session: ExportSession,
  fitted: FittedTable,
  progress: ProgressTeller,
) {
  const counts = { inserts: 0, updates: 0, deletes: 0, unchanged: 0 };
  for await (const { hubRows, differing } of compareContent(fitted, session, progress)) {
    counts.unchanged += hubRows;
    for await (const { missing, different, extra } of differing) {
      counts.inserts += missing.length;
      counts.updates += different.length;
      counts.deletes += config.deletes === "propagate" ? extra.length : 0;
      counts.unchanged -= missing.length + different.length;
    }
  }
  return counts;
}

async function countRows({ hub }: ExportSession, { table }: FittedTable): Promise<number> {
  const [row] = await hub.sql.unsafe<{ count: string }[]>(countRowsQuery(table.dataset));
  return Number(row?.count ?? 0);
}
