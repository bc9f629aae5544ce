import type { ConnectorConfig, ImportConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { planImport } from "../import/plan_import.ts";
import { typedRead } from "../import/read_sql.ts";
import { loadSourceTable } from "../import/source_table.ts";
import type { Connection } from "../postgres/connection.ts";
import type { StepList } from "./check_step.ts";
import { grantSelect } from "./grant_script.ts";

/**
 * Looks at one import: plans it against its table or query as a run would, which finds missing
 * columns, keys and casts, and has the server plan the reading, which finds missing rights and types
 * that cannot be converted. Reads no rows. Throws nothing.
 */
export async function checkImport(
  list: StepList,
  connection: Connection,
  config: ImportConfig,
  connector: ConnectorConfig,
): Promise<void> {
  const { target } = connection;
  const { from } = config;
  const what = from.kind === "table" ? `${from.schema}.${from.table}` : "its query";
  const plan = await list.attempt(
    "plan",
    target,
    `look up ${what}`,
    () => inReadOnly(connection, () => planReading(connection, config, connector)),
    (error) => adviseOn(error, config, target.username),
  );
  if (plan === undefined) return;
  list.ok("plan", `${what} has what the mapping of ${config.mapping.length} values needs`);
  const isReadable = await list.attempt(
    "read",
    target,
    `read ${what}`,
    () =>
      inReadOnly(connection, async () => {
        await connection.sql.unsafe(`explain ${plan.statement}`);
        return true;
      }),
    (error) => adviseOn(error, config, target.username),
  );
  if (isReadable) list.ok("read", `${target.username} may read it, and the types fit`);
  if (plan.obstacle !== undefined) {
    list.ok("changes", `every run reads all rows, because ${plan.obstacle}`);
  }
}

/** A query of the configuration is planned here, and nothing that it calls may write. */
async function inReadOnly<T>({ sql }: Connection, work: () => Promise<T>): Promise<T> {
  await sql.unsafe("begin read only");
  try {
    return await work();
  } finally {
    await sql.unsafe("rollback");
  }
}

async function planReading(
  connection: Connection,
  config: ImportConfig,
  connector: ConnectorConfig,
): Promise<{ statement: string; obstacle: string | undefined }> {
  const source = await loadSourceTable(connection.sql, config.from, config.name);
  const plan = planImport(config, connector.key, source);
  const obstacle = config.mode === "changes" ? source.windowObstacle : undefined;
  return { statement: `select ${typedRead(plan).list} from ${source.from} as t`, obstacle };
}

function adviseOn(error: PerigeeError, config: ImportConfig, user: string): string | undefined {
  if (error.code === "PG220") {
    return config.from.kind === "table"
      ? grantSelect(config.from, user, undefined)
      : `Grant ${user} select on what the query reads, and usage on the schemas.`;
  }
  if (error.advice !== undefined && error.code !== "PG230") return undefined;
  return "Correct the names in the import; they are compared to the letter.";
}
