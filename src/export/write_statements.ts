import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import { type FittedColumn, type FittedTable, stagedTypes } from "./fit_table.ts";

/**
 * SQL that brings rows from a row set `s` into the customer's table. The row set has the hub's
 * values in the hub's types, as `c1`, `c2` … in the order of the dataset's columns, `cut` and
 * `is_gone`; so every cast is made by the customer's server, which refuses what does not fit, and none by
 * reading one type's bytes as another's.
 */
export interface RowSet {
  /** A FROM item named `s`. */
  readonly from: string;
}

/** Definition of the row set's columns: of a staging table, or of what JSON is read as. */
export function rowSetColumns(fitted: FittedTable): string {
  const { columns } = fitted.table.dataset;
  return [
    ...columns.map((column, index) => `c${index + 1} ${stagedTypes[column.hubType]}`),
    "cut integer",
    "is_gone boolean",
  ].join(", ");
}

/** The row set of a JSON array of objects, given as parameter 1. */
export function jsonRowSet(fitted: FittedTable): RowSet {
  return { from: `json_to_recordset($1::text::json) as s(${rowSetColumns(fitted)})` };
}

/** The TEMP table that rows are staged in; gone with the transaction. */
export function stagingTable(
  fitted: FittedTable,
): { create: string; rowSet: RowSet; name: string } {
  const name = `pg_temp.${quoteIdentifier(`perigee_staged_${fitted.table.dataset.hubTable}`)}`;
  const create = `create temporary table ${
    quoteIdentifier(`perigee_staged_${fitted.table.dataset.hubTable}`)
  } (${rowSetColumns(fitted)}) on commit drop`;
  return { create, rowSet: { from: `${name} s` }, name };
}

/** How many texts of a row set are cut, as `truncated`, and whether keys are gone, as `hasGone`. */
export function surveyStatement(rows: RowSet): string {
  return `select coalesce(sum(s.cut), 0)::text as truncated,
  coalesce(bool_or(s.is_gone), false) as "hasGone" from ${rows.from}`;
}

/** MERGE is there from PostgreSQL 15. */
export function hasMerge(version: number): boolean {
  return version >= 150_000;
}

/** Whether `mergeStatement` finds each row by an index; a key that is cast may have none that fits. */
export function canMerge({ columns }: FittedTable, version: number): boolean {
  return hasMerge(version) && columns.every(({ column, fit }) => !column.isKey || fit === "same");
}

/**
 * Inserts or updates the rows that are not gone, and leaves alone those that are equal already and
 * those whose values a column cannot hold unchanged. ON CONFLICT is safe against inserts by others;
 * the key is never set, so updates stay in place. The command tag counts what was written.
 */
export function upsertStatement(fitted: FittedTable, rows: RowSet): string {
  const { table, columns } = fitted;
  const rest = columns.filter(({ column }) => !column.isKey);
  const names = columns.map(name).join(", ");
  const values = columns.map((column) => valueOf(fitted, column)).join(", ");
  const key = table.key.map((column) => quoteIdentifier(column.name)).join(", ");
  const changed = rest.map((column) => `${name(column)} = excluded.${name(column)}`).join(", ");
  return `insert into ${target(fitted)} as t (${names})
select ${values} from ${rows.from} where not s.is_gone${onlyHoldable(fitted)}
on conflict (${key}) do update set ${changed}
where ${differs(rest, (column) => `excluded.${name(column)}`)}`;
}

/**
 * As `upsertStatement`, on PostgreSQL 15 and newer: equal rows are not even locked. A key that
 * somebody else inserts at the same time is refused (23505).
 */
export function mergeStatement(fitted: FittedTable, rows: RowSet): string {
  const { columns } = fitted;
  const rest = columns.filter(({ column }) => !column.isKey);
  const values = columns.map((column) => `${valueOf(fitted, column)} as ${name(column)}`).join(
    ", ",
  );
  return `merge into ${target(fitted)} as t
using (select ${values} from ${rows.from} where not s.is_gone${onlyHoldable(fitted)}) as w
on ${keyMatches(fitted, (column) => `w.${name(column)}`)}
when matched and ${differs(rest, (column) => `w.${name(column)}`)} then
  update set ${rest.map((column) => `${name(column)} = w.${name(column)}`).join(", ")}
when not matched then
  insert (${columns.map(name).join(", ")}) values (${
    columns.map((column) => `w.${name(column)}`).join(", ")
  })`;
}

/** As `mergeStatement`, before PostgreSQL 15. */
export function exceptStatement(fitted: FittedTable, rows: RowSet): string {
  const { table, columns } = fitted;
  const rest = columns.filter(({ column }) => !column.isKey);
  const values = columns.map((column) => `${valueOf(fitted, column)} as ${name(column)}`).join(
    ", ",
  );
  const key = table.key.map((column) => quoteIdentifier(column.name)).join(", ");
  const changed = rest.map((column) => `${name(column)} = excluded.${name(column)}`).join(", ");
  return `insert into ${target(fitted)} as t (${columns.map(name).join(", ")})
select ${columns.map((column) => `w.${name(column)}`).join(", ")}
from (select ${values} from ${rows.from} where not s.is_gone${onlyHoldable(fitted)}) as w
where not exists (
  select from ${target(fitted)} as t
  where ${keyMatches(fitted, (column) => `w.${name(column)}`)}
    and not ${differs(rest, (column) => `w.${name(column)}`)}
)
on conflict (${key}) do update set ${changed}`;
}

/** Deletes the rows whose keys are gone in the hub. */
export function deleteGoneStatement(fitted: FittedTable, rows: RowSet): string {
  return `delete from ${target(fitted)} as t using ${rows.from}
where s.is_gone and ${keyMatches(fitted, (column) => valueOf(fitted, column))}`;
}

/** Deletes the rows that a row set of the whole dataset does not have. */
export function deleteMissingStatement(fitted: FittedTable, rows: RowSet): string {
  return `delete from ${target(fitted)} as t where not exists (
  select from ${rows.from} where ${keyMatches(fitted, (column) => valueOf(fitted, column))}
)`;
}

/**
 * Lists the rows that `upsertStatement` leaves out because a column would change a value: `key` as
 * JSON text and `column_name`. Undefined where every column holds every value.
 */
export function unholdableStatement(fitted: FittedTable, rows: RowSet): string | undefined {
  const checked = fitted.columns.filter(({ fit }) => fit === "checked");
  if (checked.length === 0) return undefined;
  const branches = checked.map((column) =>
    `when ${changes(fitted, column)} then ${quoteText(column.column.name)}`
  );
  return `select w.key, w.column_name from (
  select ${keyAsJson(fitted)}::text as key, case ${branches.join(" ")} end as column_name
  from ${rows.from} where not s.is_gone
) as w where w.column_name is not null`;
}

/** The key of a row of the row set as a JSON object by the customer's column names. */
export function keyAsJson(fitted: FittedTable): string {
  const { dataset, key } = fitted.table;
  const pairs = key.map((column) =>
    `${quoteText(column.name)}, s.c${dataset.columns.indexOf(column.source) + 1}`
  );
  return `jsonb_build_object(${pairs.join(", ")})`;
}

function target(fitted: FittedTable): string {
  return quoteQualified(fitted.table.schema, fitted.table.name);
}

function name(fitted: FittedColumn): string {
  return quoteIdentifier(fitted.column.name);
}

function staged(fitted: FittedTable, column: FittedColumn): string {
  return `s.c${fitted.table.dataset.columns.indexOf(column.column.source) + 1}`;
}

/** Checked casts go by way of text: what does not fit is then always a data exception of its row. */
function valueOf(fitted: FittedTable, column: FittedColumn): string {
  const value = staged(fitted, column);
  if (column.fit === "same") return value;
  return column.fit === "checked" ? `${value}::text::${column.type}` : `${value}::${column.type}`;
}

function changes(fitted: FittedTable, column: FittedColumn): string {
  const value = staged(fitted, column);
  const back = `${valueOf(fitted, column)}::text::${stagedTypes[column.column.source.hubType]}`;
  return `${back} is distinct from ${value}`;
}

function onlyHoldable(fitted: FittedTable): string {
  return fitted.columns.filter(({ fit }) => fit === "checked")
    .map((column) => ` and not (${changes(fitted, column)})`).join("");
}

/** Types that the customer chose may have no equality, or one that hides changes: compared as text. */
function differs(
  columns: readonly FittedColumn[],
  other: (column: FittedColumn) => string,
): string {
  const plain = columns.filter(({ fit }) => fit === "same");
  const rest = columns.filter(({ fit }) => fit !== "same");
  const row = (values: string[]) => `(${values.join(", ")})`;
  const parts = rest.map((column) =>
    `t.${name(column)}::text collate "C" is distinct from ${other(column)}::text collate "C"`
  );
  // The first difference decides: numbers and times change oftener than texts, and cost less to ask.
  plain.sort((a, b) => costOf(a) - costOf(b));
  if (plain.length > 0) {
    const mine = row(plain.map((column) => `t.${name(column)}`));
    parts.unshift(`${mine} is distinct from ${row(plain.map(other))}`);
  }
  return `(${parts.join(" or ")})`;
}

function costOf({ column }: FittedColumn): number {
  return ["integer", "bigint", "timestamptz", "numeric", "text", "jsonb"]
    .indexOf(column.source.hubType);
}

function keyMatches(fitted: FittedTable, other: (column: FittedColumn) => string): string {
  return fitted.columns.filter(({ column }) => column.isKey)
    .map((column) => {
      const collation = column.fit !== "same" && isText(column) ? ' collate "C"' : "";
      return `t.${name(column)} = ${other(column)}${collation}`;
    }).join(" and ");
}

function isText(column: FittedColumn): boolean {
  return column.column.source.hubType === "text";
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
