import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { type HubState, openHubRead } from "../hub/change_window.ts";
import type { Connection } from "../postgres/connection.ts";
import { describeFailure } from "../postgres/failure.ts";
import { requireOwnHub } from "./choose_work.ts";
import { type Cursor, cursorsQuery } from "./cursor.ts";
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
 * the run's read transaction, at the snapshot that `hub` tells. The cursors are read before it: a
 * window from an older cursor holds more than is needed, never less. Throws PG501, PG502 and PG2xx.
 */
export async function surveyExport(
  config: ExportConfig,
  session: ExportSession,
  transaction: "own" | "inside" = "own",
): Promise<ExportSurvey> {
  const { target } = session.target;
  const blame = (error: unknown) => {
    throw describeFailure(error, { doing: `look at ${config.schema}`, target });
  };
  const { cursors, found } = await lookAtTarget(config, session, transaction).catch(blame);
  const hub = await readHub(config, session, cursors);
  return { target: await found.catch(blame), cursors, hub };
}

/** The cursors, and what else is in the schema as soon as it is known. */
interface TargetLook {
  readonly cursors: ReadonlyMap<string, Cursor>;
  readonly found: Promise<TargetSurvey>;
}

/**
 * Where the session's last run met cursors, they are asked for without looking first whether they
 * are there, so that the hub can be read while the customer's server still looks at the tables.
 */
async function lookAtTarget(
  config: ExportConfig,
  { target, memory }: ExportSession,
  transaction: "own" | "inside",
): Promise<TargetLook> {
  const { schema } = config;
  const names = tableNames(config);
  if (transaction === "own" && memory.schemaWithCursors === schema) {
    const asked = askTarget(target, schema, names, { withCursors: true, transaction });
    try {
      return { cursors: pickCursors(await asked.cursors, names), found: asked.found };
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== undefinedTable) throw error;
      memory.schemaWithCursors = undefined;
    }
  }
  const found = await askTarget(target, schema, names, { withCursors: false, transaction }).found;
  const hasCursors = found.tables.some((table) => table.name === cursorsName);
  const rows = hasCursors ? await target.sql.unsafe<Cursor[]>(cursorsQuery(schema)) : [];
  if (hasCursors) memory.schemaWithCursors = schema;
  return { cursors: pickCursors(rows, names), found: Promise.resolve(found) };
}

/** SQLSTATE of a statement about a table that is not there. */
const undefinedTable = "42P01";

const statusNames = [cursorsName, exportsName, rejectsName];

/**
 * Sends everything at once, in a transaction of its own or in the one that is open. Planning the
 * survey takes longer than running it, so it is prepared where the session is ours alone. Whichever
 * of the answers nobody awaits may fail.
 */
function askTarget(
  { sql, target }: Connection,
  schema: string,
  names: readonly string[],
  { withCursors, transaction }: {
    readonly withCursors: boolean;
    readonly transaction: "own" | "inside";
  },
): { cursors: Promise<Cursor[]>; found: Promise<TargetSurvey> } {
  const isOwn = transaction === "own";
  const prepare = { prepare: !target.isPooled };
  const path = sql.unsafe(`${isOwn ? "begin read only; " : ""}set local search_path = pg_catalog`);
  const sent: Promise<unknown>[] = [path.execute()];
  const cursors = withCursors
    ? sql.unsafe<Cursor[]>(cursorsQuery(schema), [], prepare).execute()
    : Promise.resolve([]);
  const relations = JSON.stringify([...names, ...statusNames]);
  const survey = sql.unsafe<{ survey: string }[]>(surveyQuery(), [schema, relations], prepare)
    .execute();
  if (isOwn) sent.push(sql.unsafe("commit").execute());
  const found = Promise.all([survey, cursors, ...sent]).then(([rows]) => parseSurvey(rows));
  found.catch(() => undefined);
  return { cursors, found };
}

function parseSurvey([row]: readonly { readonly survey: string }[]): TargetSurvey {
  if (row === undefined) throw new Error("the survey is one row");
  return JSON.parse(row.survey) as TargetSurvey;
}

function pickCursors(rows: readonly Cursor[], names: readonly string[]): Map<string, Cursor> {
  const ours = rows.filter(({ tableName }) => names.includes(tableName));
  return new Map(ours.map((row) => [row.tableName, row]));
}

async function readHub(
  config: ExportConfig,
  { hub }: ExportSession,
  cursors: ReadonlyMap<string, Cursor>,
): Promise<HubState> {
  const snapshots = new Map<DatasetName, string | undefined>(
    config.datasets.map((dataset) => [
      dataset,
      cursors.get(describeTable(dataset, config).name)?.snapshot ?? undefined,
    ]),
  );
  try {
    const state = await openHubRead(hub.sql, snapshots, statementLimitMs);
    requireOwnHub(config.name, state, cursors.values());
    return state;
  } catch (error) {
    throw describeFailure(error, { doing: "read the change log", target: hub.target });
  }
}
