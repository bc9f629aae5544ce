import type { Config, SourceConfig } from "../config/model.ts";
import type { SegmentConfig } from "../config/model_segment.ts";
import { conditionOperators } from "../config/condition_operator.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import { describeFailure } from "../postgres/failure.ts";
import { forEachNode } from "./source_catalog.ts";

/** What a case gives for one source. */
export interface TestRows {
  readonly rows: readonly Record<string, unknown>[];
  readonly types: Record<string, unknown>;
  readonly keyColumn: string;
  readonly segment: SegmentConfig;
  readonly config: Config;
}

/**
 * Makes the table of a source anew in a throwaway database, with the rows of a test. A column's type
 * is the one that the test names, else what its values look like, else what the segment compares it
 * as. Throws PG626 for a type that is none, and the server's reason for values that it refuses.
 */
export async function createTestSource(
  connectors: ConnectorRegistry,
  source: SourceConfig,
  given: TestRows,
): Promise<void> {
  const pool = connectors.pool(source.connector);
  const columns = typesOf(source, given);
  const table = quoteQualified(source.schema, source.table);
  const definitions = [...columns].map(([name, type]) => `${quoteIdentifier(name)} ${type}`);
  const names = [...columns.keys()].map(quoteIdentifier).join(", ");
  try {
    await pool.sql.begin(async (sql) => {
      await sql.unsafe(`create schema if not exists ${quoteIdentifier(source.schema)}`);
      await sql.unsafe(`drop table if exists ${table}`);
      await sql.unsafe(`create table ${table} (${definitions.join(", ")})`);
      await sql.unsafe(
        `insert into ${table} (${names}) select ${names}
         from jsonb_populate_recordset(null::${table}, $1::text::jsonb)`,
        [JSON.stringify(given.rows)],
      );
    });
  } catch (error) {
    throw describeFailure(error, { doing: `make the rows of ${source.name}`, target: pool.target });
  }
}

function typesOf(source: SourceConfig, given: TestRows): Map<string, string> {
  const types = new Map<string, string>([[given.keyColumn, "text"]]);
  forEachNode(given.segment, given.config, (node) => {
    if (node.kind !== "source" || node.source !== source.name) return;
    for (const { column, operator } of node.conditions) {
      const [family] = conditionOperators[operator].fits;
      types.set(column, family === "moment" ? "timestamptz" : "text");
    }
  });
  for (const name of new Set(given.rows.flatMap((row) => Object.keys(row)))) {
    const seen = new Set(given.rows.map((row) => typeOfValue(row[name])));
    seen.delete(undefined);
    const [only] = seen;
    types.set(name, seen.size === 1 && only !== undefined ? only : types.get(name) ?? "text");
  }
  for (const [name, type] of Object.entries(given.types)) types.set(name, requireType(name, type));
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

function requireType(name: string, type: unknown): string {
  const isName = /^[a-z][a-z0-9_ ]*(\([0-9]+(, ?[0-9]+)?\))?(\[\])?$/i.test(String(type));
  if (isName) return String(type);
  throw new PerigeeError(`a test gives column ${name} a type that is none`, {
    kind: "config",
    code: "PG626",
    advice: "Name a type such as date, timestamp, timestamptz, numeric or text[].",
  });
}
