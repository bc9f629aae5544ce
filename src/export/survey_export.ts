import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { type HubState, openHubRead } from "../hub/change_window.ts";
import type { Connection } from "../postgres/connection.ts";
import { describeFailure } from "../postgres/failure.ts";
import { requireOwnHub } from "./choose_work.ts";
import { type Cursor, readCursors } from "./cursor.ts";
import type { ExportSession } from "./export_sessions.ts";
import { describeTable } from "./export_table.ts";
import { surveyScript, type TargetSurvey } from "./found_table.ts";
import { tableNames } from "./plan_tables.ts";
import { cursorsName, exportsName, rejectsName } from "./status_ddl.ts";
import { statementLimitMs } from "./target_transaction.ts";

/** What was found at both ends before a run. */
export interface ExportSurvey {
  readonly target: TargetSurvey;
  /** Of the export's own tables. */
  readonly cursors: ReadonlyMap<string, Cursor>;
  readonly hub: HubState;
}

/**
 * Looks at both ends and writes nothing. With `inside`, the customer's connection is in a read
 * transaction already (`beginTargetRead`) and stays in it. Afterwards the hub's connection is inside
 * the run's read transaction, at the snapshot that `hub` tells. The cursors are read first: a window from an older
 * cursor holds more than is needed, never less. Throws PG501, PG502 and PG2xx.
 */
export async function surveyExport(
  config: ExportConfig,
  { hub, target }: ExportSession,
  transaction: "own" | "inside" = "own",
): Promise<ExportSurvey> {
  const found = await surveyTarget(config, { hub, target }, transaction)
    .catch((error) => {
      throw describeFailure(error, { doing: `look at ${config.schema}`, target: target.target });
    });
  try {
    const snapshots = new Map<DatasetName, string | undefined>(
      config.datasets.map((dataset) => [
        dataset,
        found.cursors.get(describeTable(dataset, config).name)?.snapshot ?? undefined,
      ]),
    );
    const state = await openHubRead(hub.sql, snapshots, statementLimitMs);
    requireOwnHub(config.name, state, found.cursors.values());
    return { ...found, hub: state };
  } catch (error) {
    throw describeFailure(error, { doing: "read the change log", target: hub.target });
  }
}

async function surveyTarget(
  config: ExportConfig,
  { target }: ExportSession,
  transaction: "own" | "inside",
): Promise<Pick<ExportSurvey, "target" | "cursors">> {
  const names = tableNames(config);
  const relations = [...names, cursorsName, exportsName, rejectsName];
  const found = await readSurvey(target, surveyScript(config.schema, relations, transaction));
  const hasCursors = found.tables.some((table) => table.name === cursorsName);
  const all = hasCursors ? await readCursors(target.sql, config.schema) : new Map<string, Cursor>();
  const cursors = new Map([...all].filter(([name]) => names.includes(name)));
  return { target: found, cursors };
}

async function readSurvey({ sql }: Connection, script: string): Promise<TargetSurvey> {
  const results = await sql.unsafe(script) as unknown as { survey?: string }[][];
  const text = results.flat().find((row) => row.survey !== undefined)?.survey;
  if (text === undefined) throw new Error("the survey is one row");
  return JSON.parse(text) as TargetSurvey;
}
