import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { type HubState, openHubRead } from "../hub/change_window.ts";
import type { Connection } from "../postgres/connection.ts";
import { describeFailure } from "../postgres/failure.ts";
import { requireOwnHub } from "./choose_work.ts";
import { type Cursor, readCursors } from "./cursor.ts";
import type { ExportSession } from "./export_sessions.ts";
import { describeTable } from "./export_table.ts";
import { surveyQuery, type TargetSurvey } from "./found_table.ts";
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
  const found = await readSurvey(target, config.schema, [...names, ...statusNames], transaction);
  const hasCursors = found.tables.some((table) => table.name === cursorsName);
  const all = hasCursors ? await readCursors(target.sql, config.schema) : new Map<string, Cursor>();
  const cursors = new Map([...all].filter(([name]) => names.includes(name)));
  return { target: found, cursors };
}

const statusNames = [cursorsName, exportsName, rejectsName];

/**
 * Planning the survey takes longer than running it, so it is prepared where the session is ours
 * alone. The three statements are sent together.
 */
async function readSurvey(
  { sql, target }: Connection,
  schema: string,
  names: readonly string[],
  transaction: "own" | "inside",
): Promise<TargetSurvey> {
  const [begin, commit] = transaction === "own" ? ["begin read only", "commit"] : ["", ""];
  const [, rows] = await Promise.all([
    sql.unsafe(`${begin}; set local search_path = pg_catalog`),
    sql.unsafe<{ survey: string }[]>(surveyQuery(), [schema, JSON.stringify(names)], {
      prepare: !target.isPooled,
    }),
    sql.unsafe(commit),
  ]);
  if (rows[0] === undefined) throw new Error("the survey is one row");
  return JSON.parse(rows[0].survey) as TargetSurvey;
}
