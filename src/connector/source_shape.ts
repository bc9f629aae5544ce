import type { Sql } from "postgres";
import type { ConnectorConfig, SourceConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { type ColumnInfo, findColumns, findKeyColumns } from "../postgres/catalog.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import { connectorCodes } from "./codes.ts";
import { keyCondition } from "./contact_key.ts";
import { phoneKeyExpression } from "./phone_key.ts";
import type { SourceShape } from "./source_rows.ts";

/**
 * Looks a source up in the customer's catalog: which columns it writes and how its rows find their
 * contact. Two short queries; a table that is altered afterwards makes `fetchSourceRows` fail with
 * 42703, and the caller loads the shape again. Throws PG790 when there is no such table, PG791 when
 * a column is missing that the configuration names, else the driver's errors.
 */
export async function loadSourceShape(
  sql: Sql,
  source: SourceConfig,
  connector: ConnectorConfig,
): Promise<SourceShape> {
  const found = await findColumns(sql, source.schema, source.table);
  if (found === undefined) throw missing("PG790", source, "there is no such table or view");
  const byName = new Map(found.map((column) => [column.name, column]));
  const keyColumn = requireColumn(byName, connector.key.column, source);
  for (const { column } of source.orderBy) requireColumn(byName, column, source);
  const columns = source.columns?.map((name) => requireColumn(byName, name, source)) ?? found;
  const primaryKey = await findKeyColumns(sql, source.schema, source.table);
  const { field } = connector.key;
  return {
    source,
    columns: columns.map(({ name, baseTypeName, isArray }) => ({ name, baseTypeName, isArray })),
    primaryKey,
    matches(rowAlias, keySql) {
      const column = `${rowAlias}.${quoteIdentifier(keyColumn.name)}`;
      if (field.kind !== "phone") {
        return keyCondition(column, keyColumn.baseTypeName, field, keySql);
      }
      return `${phoneKeyExpression(column, field.defaultCountry)} = ${keySql}`;
    },
  };
}

function requireColumn(
  columns: ReadonlyMap<string, ColumnInfo>,
  name: string,
  source: SourceConfig,
): ColumnInfo {
  const column = columns.get(name);
  if (column !== undefined) return column;
  throw missing(
    "PG791",
    source,
    `it has no column ${name}, only ${[...columns.keys()].join(", ")}`,
  );
}

function missing(code: "PG790" | "PG791", source: SourceConfig, found: string): PerigeeError {
  const place = `${source.schema}.${source.table} of connector ${source.connector}`;
  return new PerigeeError(`Could not read source ${source.name} from ${place}: ${found}`, {
    kind: "schema",
    code,
    advice: connectorCodes[code]?.advice,
  });
}
