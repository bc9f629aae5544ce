import type { Sql } from "postgres";
import { quoteIdentifier } from "../postgres/identifier.ts";
import type { StagedColumn } from "./import_staging.ts";

/** Creates the TEMP table of texts that a CSV file is copied into, gone with the transaction. */
export async function createCsvTable(sql: Sql, columns: readonly string[]): Promise<void> {
  const definitions = columns.map((name) => `${quoteIdentifier(name)} text`).join(", ");
  await sql.unsafe(`create temp table csv_rows (${definitions}) on commit drop`);
}

/** Takes the rows of the file as a source's rows would arrive; `list` is a SELECT list over `t`. */
export async function moveCsvRows(
  sql: Sql,
  columns: readonly StagedColumn[],
  list: string,
): Promise<void> {
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  await sql.unsafe(`insert into import_text (${names}) select ${list} from csv_rows as t`);
}
