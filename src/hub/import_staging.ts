import type { Sql } from "postgres";
import { quoteIdentifier } from "../postgres/identifier.ts";

/** A column of a staging table; `type` is the hub's, so that binary COPY means the same here. */
export interface StagedColumn {
  readonly name: string;
  readonly type: string;
}

/** How rows of texts (`x`) become rows of the hub's types. */
export interface TextFill {
  readonly columns: readonly { readonly name: string; readonly sql: string }[];
  /** Values that could not be read: the field, and SQL that is true for such a row. */
  readonly losses: readonly { readonly field: string; readonly isLost: string }[];
  /** Column that names the row in the list of rejects. */
  readonly keyColumn: string;
}

/**
 * Creates the TEMP tables of one import, gone with its transaction: `import_staging` for the rows
 * and `import_rejected` for what is left out. `extra` are columns that the hub fills itself.
 */
export async function createStaging(
  sql: Sql,
  columns: readonly StagedColumn[],
  extra: readonly StagedColumn[],
): Promise<void> {
  await sql.unsafe(`
    create temp table import_staging (${definitions([...columns, ...extra])}) on commit drop;
    create temp table import_rejected (
      key text, field text not null default '', reason text not null, rows bigint not null default 1
    ) on commit drop`);
}

/** Creates the TEMP table that rows pass through as texts. */
export async function createTextStaging(
  sql: Sql,
  columns: readonly StagedColumn[],
): Promise<void> {
  await sql.unsafe(`create temp table import_text (${definitions(columns)}) on commit drop`);
}

/** The statement that takes the rows of a source into a staging table. */
export function stagingCopy(
  table: "import_staging" | "import_text",
  columns: readonly StagedColumn[],
): string {
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  return `copy ${table} (${names}) from stdin (format binary)`;
}

/** Casts the rows of texts one by one and lists the values that could not be read. */
export async function fillFromText(sql: Sql, fill: TextFill): Promise<void> {
  const names = fill.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const values = fill.columns.map((column) => column.sql).join(", ");
  await sql.unsafe(`insert into import_staging (${names}) select ${values} from import_text as x`);
  for (const { field, isLost } of fill.losses) {
    await sql.unsafe(
      `insert into import_rejected (key, field, reason)
       select x.${fill.keyColumn}, $1, 'invalid_value' from import_text as x where ${isLost}`,
      [field],
    );
  }
}

function definitions(columns: readonly StagedColumn[]): string {
  return columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(", ");
}
