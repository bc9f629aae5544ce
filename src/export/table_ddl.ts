import { quoteIdentifier, quoteLiteral, quoteQualified } from "../postgres/identifier.ts";
import type { ExportColumn, ExportTable } from "./export_table.ts";

/**
 * Room for updates in place on each page: at 85 an update finds space beside its row and leaves
 * the indexes alone, which halved the time of 100,000 updates with three indexes. At 100 every
 * first update moves the row; at 70 the table is a fifth larger to read.
 */
const fillfactor = 85;

/** Statements that make a dataset's table, without its primary key, which follows the rows. */
export function createTableStatements(table: ExportTable): string[] {
  const name = quoteQualified(table.schema, table.name);
  const columns = table.columns.map((column) =>
    `  ${quoteIdentifier(column.name)} ${column.type}${column.isKey ? " not null" : ""}`
  );
  return [
    `create table ${name} (\n${columns.join(",\n")}\n) with (fillfactor = ${fillfactor})`,
    `comment on table ${name} is ${quoteLiteral(commentOnTable(table))}`,
    ...table.columns.filter((column) => commentOnColumn(column) !== undefined).map((column) =>
      `comment on column ${name}.${quoteIdentifier(column.name)} is ${
        quoteLiteral(commentOnColumn(column) ?? "")
      }`
    ),
  ];
}

/** The statement that gives the table its primary key. */
export function primaryKeyStatement(table: ExportTable): string {
  const key = table.key.map((column) => quoteIdentifier(column.name)).join(", ");
  return `alter table ${quoteQualified(table.schema, table.name)} add primary key (${key})`;
}

/** The statement that adds documented columns which the customer's table lacks. */
export function addColumnsStatement(table: ExportTable, missing: readonly ExportColumn[]): string {
  const additions = missing.map((column) =>
    `add column ${quoteIdentifier(column.name)} ${column.type}`
  );
  return `alter table ${quoteQualified(table.schema, table.name)} ${additions.join(", ")}`;
}

/** The statement that lifts the documented length limits; without a rewrite of the table. */
export function widenColumnsStatement(table: ExportTable, narrow: readonly ExportColumn[]): string {
  const changes = narrow.map((column) => `alter column ${quoteIdentifier(column.name)} type text`);
  return `alter table ${quoteQualified(table.schema, table.name)} ${changes.join(", ")}`;
}

function commentOnTable(table: ExportTable): string {
  return `${table.dataset.about} Kept equal to the hub by Perigee; columns that you add stay yours.`;
}

function commentOnColumn(column: ExportColumn): string | undefined {
  const { source } = column;
  if (column.isDeprecated) {
    return `The older name of ${source.parameter}, with the same value. Use ${source.parameter}.`;
  }
  if (source.parameter.startsWith("_")) return "Technical key: the identity of the hub's row.";
  if (source.targetType === "timestamp") return "UTC.";
  return undefined;
}
