import { createHash } from "node:crypto";
import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import type { HubState } from "../hub/change_window.ts";
import { chooseWork, type Work } from "./choose_work.ts";
import type { Cursor, NextCursor } from "./cursor.ts";
import { describeTable } from "./export_table.ts";
import { fitTable, type FittedTable } from "./fit_table.ts";
import type { TargetSurvey } from "./found_table.ts";

/** What is to be done for one dataset. */
export interface PlannedTable {
  readonly dataset: DatasetName;
  readonly fitted: FittedTable;
  readonly work: Work;
  readonly cursor: Cursor | undefined;
  readonly next: NextCursor;
}

/** What is to be done for all datasets, and which of them cannot be written as they are. */
export interface ExportPlan {
  readonly tables: readonly PlannedTable[];
  readonly stopped: ReadonlyMap<DatasetName, PerigeeError>;
}

/**
 * Plans a run from what was found at both ends. Pure. A dataset whose table does not fit is told in
 * `stopped` and stops no other.
 */
export function planTables(
  config: ExportConfig,
  survey: TargetSurvey,
  cursors: ReadonlyMap<string, Cursor>,
  hub: HubState,
): ExportPlan {
  const tables: PlannedTable[] = [];
  const stopped = new Map<DatasetName, PerigeeError>();
  for (const dataset of config.datasets) {
    const table = describeTable(dataset, config);
    const found = survey.tables.find((candidate) => candidate.name === table.name);
    const cursor = cursors.get(table.name);
    try {
      const fitted = fitTable(table, found, config.longValues);
      const shape = shapeOf(fitted, config);
      const work = chooseWork(config.name, fitted, shape, cursor, hub);
      const next = nextCursor(config.name, fitted, shape, hub);
      tables.push({ dataset, fitted, work, cursor, next });
    } catch (error) {
      if (!(error instanceof PerigeeError)) throw error;
      stopped.set(dataset, error);
    }
  }
  return { tables, stopped };
}

/** The names of relations that have to be looked at before a run of the export. */
export function tableNames(config: ExportConfig): string[] {
  return config.datasets.map((dataset) => describeTable(dataset, config).name);
}

/**
 * Changes when rows that were written before would be written differently now: other columns, casts
 * or lengths, or deletes that are propagated from now on. Then everything is compared.
 */
function shapeOf(fitted: FittedTable, config: ExportConfig): string {
  const columns = fitted.columns.map(({ column, fit, limit, type }) => [
    column.name,
    column.source.hubColumn,
    fit,
    limit ?? null,
    fit === "same" ? null : type,
  ]);
  const content = JSON.stringify([config.deletes, columns]);
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}

function nextCursor(
  exportName: string,
  fitted: FittedTable,
  shape: string,
  hub: HubState,
): NextCursor {
  const { dataset, name } = fitted.table;
  const state = hub.datasets[dataset.name];
  if (state === undefined) throw new Error(`the hub's state lacks ${dataset.name}`);
  return {
    tableName: name,
    dataset: dataset.name,
    exportName,
    hubId: hub.hubId,
    systemIdentifier: hub.systemIdentifier,
    timeline: hub.timeline,
    databaseOid: hub.databaseOid,
    tableOid: state.tableOid,
    epoch: state.epoch,
    snapshot: hub.snapshot,
    shape,
    readAt: hub.readAt,
  };
}
