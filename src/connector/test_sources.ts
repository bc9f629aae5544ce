import type { Config, SourceConfig } from "../config/model.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { ConnectorRegistry } from "./registry.ts";

/** What a case of a configuration's tests gives. */
export interface TestRows {
  readonly rows: ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>;
  readonly types: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Type of each column that must be there, where neither types nor values tell, by source. */
export type ColumnHints = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Makes the tables of the sources in `hints`, and of those that the case has rows for, anew in
 * throwaway databases, and answers the keys of the rows, as written, in their order. A column's type
 * is the one that the case names, else what its values look like, else that of the hint, else text.
 * A column `id` without duplicates is the primary key. Throws the server's reason for values that it
 * refuses (PG2xx).
 */
export async function makeTestSources(
  config: Config,
  connectors: ConnectorRegistry,
  test: TestRows,
  hints: ColumnHints,
): Promise<string[]> {
  const keys: string[] = [];
  for (const name of new Set([...test.rows.keys(), ...hints.keys()])) {
    const source = config.sources.get(name);
    if (source === undefined) throw new Error(`there is no source ${name}`);
    const { column } = connectors.require(source.connector).key;
    const rows = test.rows.get(name) ?? [];
    const columns = typesOf(source, column, test, hints.get(name) ?? new Map());
    await makeTable(connectors, source, columns, rows);
    const own = rows.map((row) => row[column]);
    keys.push(...own.filter((key) => key !== null && key !== undefined).map(String));
  }
  return keys;
}

async function makeTable(
  connectors: ConnectorRegistry,
  source: SourceConfig,
  columns: ReadonlyMap<string, string>,
  rows: readonly TestRow[],
): Promise<void> {
  const pool = connectors.pool(source.connector);
  const table = quoteQualified(source.schema, source.table);
  const definitions = [...columns].map(([name, type]) => `${quoteIdentifier(name)} ${type}`);
  if (hasDistinctIds(rows)) definitions.push("primary key (id)");
  const names = [...columns.keys()].map(quoteIdentifier).join(", ");
  try {
    await pool.sql.begin(async (sql) => {
      await sql.unsafe(`create schema if not exists ${quoteIdentifier(source.schema)}`);
      await sql.unsafe(`drop table if exists ${table}`);
      await sql.unsafe(`create table ${table} (${definitions.join(", ")})`);
      await sql.unsafe(
        `insert into ${table} (${names}) select ${names}
         from jsonb_populate_recordset(null::${table}, $1::text::jsonb)`,
        [JSON.stringify(rows)],
      );
    });
  } catch (error) {
    throw describeFailure(error, { doing: `make the rows of ${source.name}`, target: pool.target });
  }
}

type TestRow = Readonly<Record<string, unknown>>;

function hasDistinctIds(rows: readonly TestRow[]): boolean {
  const ids = rows.map(({ id }) => id);
  return ids.length > 0 && !ids.includes(undefined) && !ids.includes(null) &&
    new Set(ids.map(String)).size === ids.length;
}

function typesOf(
  source: SourceConfig,
  keyColumn: string,
  test: TestRows,
  hints: ReadonlyMap<string, string>,
): Map<string, string> {
  const named = [...source.columns ?? [], ...source.orderBy.map(({ column }) => column)];
  const types = new Map([...named, keyColumn].map((name) => [name, "text"]));
  for (const [name, type] of hints) types.set(name, type);
  const rows = test.rows.get(source.name) ?? [];
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    const seen = new Set(rows.map((row) => typeOfValue(row[name])));
    seen.delete(undefined);
    const [only] = seen;
    types.set(name, seen.size === 1 && only !== undefined ? only : types.get(name) ?? "text");
  }
  for (const [name, type] of Object.entries(test.types.get(source.name) ?? {})) {
    types.set(name, type);
  }
  return types;
}

function typeOfValue(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return "numeric";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "object") return "jsonb";
  const text = String(value);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return "date";
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) ? "timestamptz" : "text";
}
