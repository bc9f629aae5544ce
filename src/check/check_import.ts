import type { ConnectorConfig, ImportConfig, MappingValue } from "../config/model.ts";
import type { PerigeeError } from "../error.ts";
import { findColumns } from "../postgres/catalog.ts";
import type { Connection } from "../postgres/connection.ts";
import { quoteQualified } from "../postgres/identifier.ts";
import type { StepList } from "./check_step.ts";
import { grantSelect } from "./grant_script.ts";

/**
 * Looks at one import: whether its table or query can be read, and has the columns that the mapping,
 * the contact key and the cursor name. Reads no rows. Throws nothing.
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
  const columns = await list.attempt(
    "read",
    target,
    `read ${what}`,
    () => findReadable(connection, config),
    (error) => advise(error, config, target.username),
  );
  if (columns === undefined) return;
  if (columns === "missing") {
    return list.fail(
      "read",
      `there is no table or view ${what} that ${target.username} can see`,
      "Correct `table` of the import, or grant usage on its schema.",
    );
  }
  list.ok("read", `${target.username} may read ${what}`);
  checkColumns(list, config, connector, columns);
}

/** The names of the columns that the import gets; fails as reading them would. */
async function findReadable(
  { sql }: Connection,
  config: ImportConfig,
): Promise<readonly string[] | "missing"> {
  const { from } = config;
  if (from.kind === "query") {
    const statement = await sql.unsafe(from.sql).describe();
    return statement.columns.map(({ name }) => name);
  }
  const columns = await findColumns(sql, from.schema, from.table);
  if (columns === undefined) return "missing";
  await sql.unsafe(`select t from ${quoteQualified(from.schema, from.table)} as t limit 0`);
  return columns.map(({ name }) => name);
}

function advise(error: PerigeeError, config: ImportConfig, user: string): string | undefined {
  if (config.from.kind === "table") {
    return error.code === "PG220" ? grantSelect(config.from, user, undefined) : undefined;
  }
  return error.code === "PG220"
    ? "Grant select on the tables that the query reads, and usage on their schemas."
    : "Correct `query` of the import; it has to be one SELECT.";
}

function checkColumns(
  list: StepList,
  config: ImportConfig,
  connector: ConnectorConfig,
  columns: readonly string[],
): void {
  const wanted = new Set(config.mapping.flatMap(({ value }) => columnsOf(value)));
  if (config.dataset === "contacts") wanted.add(connector.key.column);
  if (config.cursor !== undefined) wanted.add(config.cursor.column);
  const missing = [...wanted].filter((name) => !columns.includes(name));
  if (missing.length === 0) {
    return list.ok("columns", `all ${wanted.size} columns of the mapping are there`);
  }
  list.fail(
    "columns",
    `there is no column ${missing.join(", ")}, which the import reads`,
    `Correct \`mapping\`; there are ${columns.join(", ")}.`,
  );
}

function columnsOf(value: MappingValue): string[] {
  if (value.kind === "column") return [value.column];
  if (value.kind === "cast") return columnsOf(value.value);
  return value.kind === "coalesce" ? value.values.flatMap(columnsOf) : [];
}
