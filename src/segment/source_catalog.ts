import type { Sql } from "postgres";
import type { Config, SourceConfig } from "../config/model.ts";
import type { SegmentConfig, SegmentNode } from "../config/model_segment.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { type ColumnInfo, findColumns } from "../postgres/catalog.ts";
import { describeFailure } from "../postgres/failure.ts";

/** What planning needs to know of a source's table. */
export interface SourceTable {
  readonly columns: ReadonlyMap<string, ColumnInfo>;
  /** A unique index on the key column alone: no contact has two rows. */
  readonly isKeyUnique: boolean;
  /** Columns whose collation calls texts equal that are not the same to the letter. */
  readonly looseColumns: ReadonlySet<string>;
  /** Rows that the server's statistics expect; 0 where it has none. */
  readonly estimatedRows: number;
}

/** Tables by source name. */
export type SourceCatalog = ReadonlyMap<string, SourceTable>;

/** Names of all sources whose rows decide who is in the segment, through referenced segments too. */
export function segmentSources(segment: SegmentConfig, config: Config): Set<string> {
  const names = new Set<string>();
  forEachNode(segment, config, (node) => {
    if (node.kind === "source") names.add(node.source);
  });
  return names;
}

/** Visits every node of a segment and of the segments it refers to; each segment once. */
export function forEachNode(
  segment: SegmentConfig,
  config: Config,
  visit: (node: SegmentNode) => void,
): void {
  const seen = new Set<string>();
  const visitSegment = (each: SegmentConfig) => {
    if (seen.has(each.name)) return;
    seen.add(each.name);
    visitNode(each.where);
    if (each.exclude !== undefined) visitNode(each.exclude);
  };
  const visitNode = (node: SegmentNode): void => {
    visit(node);
    if (node.kind === "all" || node.kind === "any" || node.kind === "none") {
      for (const child of node.nodes) visitNode(child);
    } else if (node.kind === "segment") {
      const referenced = config.segments.get(node.segment);
      if (referenced !== undefined) visitSegment(referenced);
    }
  };
  visitSegment(segment);
}

/**
 * Reads the catalog for the named sources. Throws PG621 for a table or key column that is not
 * there, and the connection's own errors.
 */
export async function loadSourceCatalog(
  names: Iterable<string>,
  config: Config,
  connectors: ConnectorRegistry,
): Promise<SourceCatalog> {
  const tables = new Map<string, SourceTable>();
  for (const name of names) {
    const source = config.sources.get(name);
    if (source === undefined) throw new Error(`there is no source ${name}`);
    const pool = connectors.pool(source.connector);
    const keyColumn = connectors.require(source.connector).key.column;
    try {
      tables.set(name, await loadTable(pool.sql, source, keyColumn));
    } catch (error) {
      throw describeFailure(error, { doing: `read source ${name}`, target: pool.target });
    }
  }
  return tables;
}

async function loadTable(
  sql: Sql,
  source: SourceConfig,
  keyColumn: string,
): Promise<SourceTable> {
  const columns = await findColumns(sql, source.schema, source.table);
  if (columns === undefined) {
    throw missing(
      `source ${source.name} reads ${source.schema}.${source.table}, which is not there`,
    );
  }
  if (!columns.some(({ name }) => name === keyColumn)) {
    throw missing(
      `source ${source.name} reads ${source.schema}.${source.table}, which has no key column ${keyColumn}`,
    );
  }
  const [facts] = await sql<
    { isKeyUnique: boolean; looseColumns: string[]; estimatedRows: number }[]
  >`
    select exists (
        select from pg_catalog.pg_index i
          join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1
          and i.indpred is null and a.attname = ${keyColumn}
      ) as "isKeyUnique",
      -- PostgreSQL before 12 has no such collations and no such column.
      coalesce((
        select json_agg(a.attname) from pg_catalog.pg_attribute a
          join pg_catalog.pg_collation l on l.oid = a.attcollation
        where a.attrelid = c.oid and to_jsonb(l) ->> 'collisdeterministic' = 'false'
      ), '[]') as "looseColumns",
      greatest(c.reltuples, 0)::float8 as "estimatedRows"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${source.schema} and c.relname = ${source.table}`;
  return {
    columns: new Map(columns.map((column) => [column.name, column])),
    isKeyUnique: facts?.isKeyUnique ?? false,
    looseColumns: new Set(facts?.looseColumns ?? []),
    estimatedRows: facts?.estimatedRows ?? 0,
  };
}

function missing(message: string): PerigeeError {
  return new PerigeeError(message, {
    kind: "schema",
    code: "PG621",
    advice: "Correct the name in the configuration, or grant the right to see it.",
  });
}
