import type { ExportConfig } from "../config/model.ts";
import type { HubType } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import type { ExportColumn, ExportTable } from "./export_table.ts";
import type { FoundColumn, FoundTable } from "./found_table.ts";
import { primaryKeyStatement } from "./table_ddl.ts";

/** How the values of a column get into the customer's column as it is now. */
export interface FittedColumn {
  readonly column: ExportColumn;
  /** The type that the customer's column has, or will have once the DDL of this run is done. */
  readonly type: string;
  /**
   * `same`: assigned as they are. `lossless`: cast to a type that holds every value.
   * `checked`: cast, and a row whose value would change is refused.
   */
  readonly fit: "same" | "lossless" | "checked";
  /** Text is cut to this many characters and counted; undefined where nothing is cut. */
  readonly limit: number | undefined;
}

/** A table into which rows can be written, and what has to be done to it before. */
export interface FittedTable {
  readonly table: ExportTable;
  readonly exists: boolean;
  readonly columns: readonly FittedColumn[];
  readonly added: readonly ExportColumn[];
  readonly widened: readonly ExportColumn[];
}

/** The type in which values leave the hub, by the type that they have there. */
export const stagedTypes: Readonly<Record<HubType, string>> = {
  bigint: "bigint",
  integer: "integer",
  jsonb: "jsonb",
  numeric: "numeric",
  text: "text",
  timestamptz: "timestamp without time zone",
};

/**
 * How the wanted table goes together with the one that was found. Throws PG511 to PG513 where it
 * does not: nothing is ever written into a column that could hold something else afterwards.
 */
export function fitTable(
  table: ExportTable,
  found: FoundTable | undefined,
  longValues: ExportConfig["longValues"],
): FittedTable {
  if (found === undefined) {
    const columns = table.columns.map((column) => fitOwn(column, longValues));
    return { table, exists: false, columns, added: [], widened: [] };
  }
  if (found.kind !== "r" && found.kind !== "p") throw refuseKind(table, found);
  const byName = new Map(found.columns.map((column) => [column.name, column]));
  const added: ExportColumn[] = [];
  const widened: ExportColumn[] = [];
  const columns = table.columns.map((column) => {
    const there = byName.get(column.name);
    if (there === undefined) {
      added.push(column);
      return fitOwn(column, longValues);
    }
    if (longValues === "widen" && hasDocumentedLimit(column, there)) {
      widened.push(column);
      return fitOwn(column, longValues);
    }
    return fitFound(table, column, there, longValues);
  });
  requireWritable(table, found);
  requireKey(table, found);
  return { table, exists: true, columns, added, widened };
}

function fitOwn(column: ExportColumn, longValues: ExportConfig["longValues"]): FittedColumn {
  const limit = longValues === "truncate" && !column.isKey ? column.source.maxLength : undefined;
  return { column, type: column.type, fit: "same", limit };
}

function hasDocumentedLimit(column: ExportColumn, there: FoundColumn): boolean {
  return there.baseType === "character varying" && there.maxLength !== null &&
    there.maxLength === column.source.maxLength;
}

function fitFound(
  table: ExportTable,
  column: ExportColumn,
  there: FoundColumn,
  longValues: ExportConfig["longValues"],
): FittedColumn {
  const fit = there.isGenerated ? undefined : findFit(column.source.hubType, there);
  if (fit === undefined) throw refuseColumn(table, column, there);
  const isCut = longValues === "truncate" && !column.isKey && there.maxLength !== null &&
    column.source.hubType === "text";
  return { column, type: there.type, fit, limit: isCut ? there.maxLength ?? undefined : undefined };
}

const sameTypes: Readonly<Record<HubType, readonly string[]>> = {
  bigint: ["bigint"],
  integer: ["integer"],
  jsonb: ["jsonb"],
  numeric: ["numeric"],
  text: ["text", "character varying"],
  timestamptz: ["timestamp without time zone"],
};
const widerTypes: Readonly<Record<HubType, readonly string[]>> = {
  bigint: ["numeric"],
  integer: ["bigint", "numeric", "double precision"],
  jsonb: ["json"],
  numeric: [],
  text: [],
  timestamptz: ["timestamp with time zone"],
};
const numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const castableTypes: Readonly<Record<HubType, readonly string[]>> = {
  bigint: numbers,
  integer: numbers,
  jsonb: [],
  numeric: numbers,
  text: [],
  timestamptz: ["date", "timestamp without time zone", "timestamp with time zone"],
};

/** Undefined where no cast keeps the meaning. Any type can be read from text, if the text fits. */
function findFit(hubType: HubType, there: FoundColumn): FittedColumn["fit"] | undefined {
  const isText = hubType === "text";
  const isFree = !there.isModified || there.baseType === "character varying";
  if (sameTypes[hubType].includes(there.baseType) && isFree && !there.hasOwnCollation) {
    return "same";
  }
  if (widerTypes[hubType].includes(there.baseType) && !there.isModified) return "lossless";
  if (there.baseType === "text") return "lossless";
  if (isText || there.category === "S" || castableTypes[hubType].includes(there.baseType)) {
    return "checked";
  }
  return undefined;
}

function requireWritable(table: ExportTable, found: FoundTable): void {
  const ours = new Set(table.columns.map((column) => column.name));
  const demanding = found.columns.find((column) => column.isDemanding && !ours.has(column.name));
  if (demanding === undefined) return;
  throw new PerigeeError(
    `Could not export to ${
      place(table)
    }: its column ${demanding.name} is not null, has no default, and is none of the documented columns, so nobody fills it`,
    {
      kind: "schema",
      code: "PG512",
      advice: `Give the column ${demanding.name} a default, or let it be null.`,
    },
  );
}

function requireKey(table: ExportTable, found: FoundTable): void {
  const wanted = table.key.map((column) => column.name).sort();
  const hasKey = found.keys.some((key) =>
    key.length === wanted.length && key.every((name, index) => name === wanted[index])
  );
  if (hasKey) return;
  throw new PerigeeError(
    `Could not export to ${place(table)}: it has no unique index on ${
      wanted.join(", ")
    } that an upsert can use`,
    { kind: "schema", code: "PG513", advice: `Run: ${primaryKeyStatement(table)}` },
  );
}

function refuseKind(table: ExportTable, found: FoundTable): PerigeeError {
  const kinds: Record<string, string> = {
    v: "a view",
    m: "a materialized view",
    f: "a foreign table",
  };
  const kind = kinds[found.kind] ?? `a relation of kind ${found.kind}`;
  return new PerigeeError(`Could not export to ${place(table)}: found ${kind}, wanted a table`, {
    kind: "schema",
    code: "PG512",
    advice: "Rename it, or export into another schema.",
  });
}

function refuseColumn(table: ExportTable, column: ExportColumn, there: FoundColumn): PerigeeError {
  const found = there.isGenerated ? `${there.type}, always generated` : there.type;
  return new PerigeeError(
    `Could not export to ${place(table)}: column ${column.name} is ${found}, wanted ${column.type}`,
    {
      kind: "schema",
      code: "PG511",
      advice: `Alter the column to ${column.type}, or drop it so that it is added again.`,
    },
  );
}

/** `public.contacts`, for messages. */
export function place(table: ExportTable): string {
  return `${table.schema}.${table.name}`;
}
