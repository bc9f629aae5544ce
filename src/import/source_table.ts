import type { Sql } from "postgres";
import type { ImportConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { findColumns, findKeyColumns, findServerFacts } from "../postgres/catalog.ts";
import { quoteQualified } from "../postgres/identifier.ts";

/** A column of what an import reads. */
export interface SourceColumn {
  readonly name: string;
  /** As `format_type` prints it. */
  readonly type: string;
  /** Its values become JSON objects or arrays: json, jsonb and row types. */
  readonly isNested: boolean;
}

/** What planning an import needs to know of what it reads. */
export interface SourceTable {
  /** SQL that goes after `from`; a query is in parentheses. */
  readonly from: string;
  readonly columns: ReadonlyMap<string, SourceColumn>;
  /** Columns of the primary key; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Columns with a unique index of their own. */
  readonly uniqueColumns: ReadonlySet<string>;
  /** Why `xmin` cannot tell what changed; undefined where it can. */
  readonly windowObstacle: string | undefined;
  /** Server, timeline, database and table; a snapshot means nothing anywhere else. */
  readonly identity: string;
  readonly isStandby: boolean;
  /** The server looks lists of constants up by hash (PostgreSQL 14 and later). */
  readonly hashesLists: boolean;
}

const obstacles: Readonly<Record<string, string>> = {
  v: "a view has no xmin",
  m: "a materialized view is rewritten as a whole",
  f: "a foreign table has no xmin",
  p: "a partitioned table has no xmin of its own",
};

/** PostgreSQL 13 is the first with xid8 and pg_current_snapshot(). */
const firstWithSnapshots = 130_000;
const firstWithHashedLists = 140_000;

/**
 * Reads what the source is, inside the transaction in which it will be read. Throws PG601 when it
 * is not there and the server's error for a query that it refuses.
 */
export async function loadSourceTable(
  sql: Sql,
  from: ImportConfig["from"],
  importName: string,
): Promise<SourceTable> {
  if (from.kind === "query") return await loadQuery(sql, from.sql);
  const [schema, table] = [from.schema, from.table];
  const [columns, relation, primaryKey, facts] = await Promise.all([
    findColumns(sql, schema, table),
    findRelation(sql, schema, table),
    findKeyColumns(sql, schema, table),
    findServerFacts(sql),
  ]);
  if (columns === undefined) {
    throw new PerigeeError(`import ${importName} reads ${schema}.${table}, which is not there`, {
      kind: "schema",
      code: "PG601",
      advice: "Correct the name in the configuration, or grant the right to see it.",
    });
  }
  return {
    from: quoteQualified(schema, table),
    columns: new Map(columns.map(({ name, type, baseTypeName, typeCategory }) => [name, {
      name,
      type,
      isNested: baseTypeName === "json" || baseTypeName === "jsonb" || typeCategory === "C",
    }])),
    primaryKey,
    uniqueColumns: new Set(relation?.uniqueColumns ?? []),
    windowObstacle: obstacles[relation?.kind ?? ""] ??
      (facts.versionNum < firstWithSnapshots
        ? `PostgreSQL ${facts.version} is too old`
        : undefined),
    identity: [facts.systemIdentifier, facts.timeline, facts.databaseOid, relation?.oid].join(" "),
    isStandby: facts.isStandby,
    hashesLists: facts.versionNum >= firstWithHashedLists,
  };
}

async function findRelation(
  sql: Sql,
  schema: string,
  table: string,
): Promise<{ oid: string; kind: string; uniqueColumns: string[] } | undefined> {
  const [relation] = await sql<{ oid: string; kind: string; uniqueColumns: string[] }[]>`
    select c.oid::text as oid, c.relkind::text as kind, coalesce((
        select json_agg(a.attname) from pg_catalog.pg_index i
          join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1
          and i.indpred is null), '[]') as "uniqueColumns"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${table}`;
  return relation;
}

/**
 * A query is described through the extended protocol, which takes exactly one statement: SQL that
 * would leave its parentheses and begin another is refused here, before COPY, which has no such
 * check.
 */
async function loadQuery(sql: Sql, query: string): Promise<SourceTable> {
  const from = `(${query.replace(/[\s;]+$/, "")}\n)`;
  const described = await sql.unsafe(`select t.* from ${from} as t`, [], { prepare: true })
    .describe();
  const listed = described.columns.map((column) => ({ name: column.name, oid: column.type }));
  const types = await sql<{ name: string; type: string; isNested: boolean }[]>`
    select c.name, format_type(t.oid, null) as type,
      t.typname in ('json', 'jsonb') or t.typcategory = 'C' as "isNested"
    from json_to_recordset(${JSON.stringify(listed)}::text::json) as c (name text, oid oid)
      join pg_catalog.pg_type t on t.oid = c.oid`;
  return {
    from,
    columns: new Map(types.map((column) => [column.name, { ...column }])),
    primaryKey: [],
    uniqueColumns: new Set(),
    windowObstacle: "a query has no xmin",
    identity: "",
    isStandby: false,
    hashesLists: false,
  };
}
