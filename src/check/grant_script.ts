import type { Config, ExportConfig, SourceConfig } from "../config/model.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";

/** What a connector's user is to be allowed. */
export type GrantPurpose = "source" | "export";

/**
 * SQL for the owner of a customer's database to run, with exactly the rights that the connector
 * `name` needs: to read its sources and imports, or to write its exports. Undefined when there is no
 * such connector. Pure; running it twice does no harm.
 */
export function grantScript(
  config: Config,
  name: string,
  purpose: GrantPurpose,
): string | undefined {
  const connector = config.connectors.get(name);
  if (connector === undefined) return undefined;
  const { database, username } = connector.address;
  const lines = purpose === "source"
    ? sourceGrants(config, name, username)
    : exportGrants(config, name, username, database);
  const what = purpose === "source" ? "read its sources and imports" : "write its exports";
  return [
    `-- Lets ${username} ${what} (connector ${name}).`,
    "-- Run it as the owner of the schemas and tables, or as a superuser.",
    `grant connect on database ${quoteIdentifier(database)} to ${quoteIdentifier(username)};`,
    ...lines,
    "",
  ].join("\n");
}

function sourceGrants(config: Config, connector: string, username: string): string[] {
  const key = config.connectors.get(connector)?.key.column;
  const tables: Pick<SourceConfig, "schema" | "table" | "columns">[] = [];
  const remarks: string[] = [];
  for (const source of config.sources.values()) {
    if (source.connector !== connector) continue;
    const columns = source.columns && key !== undefined ? [key, ...source.columns] : undefined;
    tables.push({ ...source, columns: columns && [...new Set(columns)] });
  }
  for (const each of config.imports.values()) {
    if (each.connector !== connector) continue;
    if (each.from.kind === "table") tables.push({ ...each.from, columns: undefined });
    else remarks.push(`-- Import ${each.name} is a query: grant select on what it reads as well.`);
  }
  const schemas = [...new Set(tables.map(({ schema }) => schema))].sort();
  const grants = tables.map((table) => selectGrant(table, username, table.columns)).sort();
  return [...schemas.map((schema) => usageGrant(schema, username)), ...new Set(grants), ...remarks];
}

function exportGrants(
  config: Config,
  connector: string,
  username: string,
  database: string,
): string[] {
  const user = quoteIdentifier(username);
  const exports = [...config.exports.values()].filter((each) => each.connector === connector);
  const schemas = [...new Set(exports.map(({ schema }) => schema))].sort();
  return [
    `grant temporary on database ${quoteIdentifier(database)} to ${user};`,
    ...schemas.flatMap((schema) => [
      `create schema if not exists ${quoteIdentifier(schema)};`,
      `grant usage, create on schema ${quoteIdentifier(schema)} to ${user};`,
    ]),
    "-- It owns the tables that it creates. One that is there already and belongs to somebody else:",
    "--   alter table <schema>.<table> owner to " + user + ";",
  ];
}

/** The statements that let `username` read one table, or only `columns` of it. */
export function grantSelect(
  table: Pick<SourceConfig, "schema" | "table">,
  username: string,
  columns: readonly string[] | undefined,
): string {
  return `${usageGrant(table.schema, username)} ${selectGrant(table, username, columns)}`;
}

/** The statements that let `username` create and fill tables in an export's schema. */
export function grantExport(
  schema: ExportConfig["schema"],
  username: string,
): string {
  return `grant usage, create on schema ${quoteIdentifier(schema)} to ${
    quoteIdentifier(username)
  };`;
}

function usageGrant(schema: string, username: string): string {
  return `grant usage on schema ${quoteIdentifier(schema)} to ${quoteIdentifier(username)};`;
}

function selectGrant(
  table: Pick<SourceConfig, "schema" | "table">,
  username: string,
  columns: readonly string[] | undefined,
): string {
  const place = quoteQualified(table.schema, table.table);
  const chosen = columns === undefined ? "" : ` (${columns.map(quoteIdentifier).join(", ")})`;
  return `grant select${chosen} on ${place} to ${quoteIdentifier(username)};`;
}
