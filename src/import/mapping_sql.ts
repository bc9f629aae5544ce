import type { MappingValue } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";

/** Names of types as people write them in casts; no schema, no quotes, nothing else of SQL. */
const typeName = /^[a-z][a-z0-9_ ]*(\([0-9]+(, ?[0-9]+)?\))?$/i;

/** SQL for a mapped value over the source's rows under the name `t`. Throws PG602 for a bad cast. */
export function sourceValueSql(value: MappingValue): string {
  switch (value.kind) {
    case "column":
      return `t.${quoteIdentifier(value.column)}`;
    case "constant":
      return constantSql(value.value);
    case "cast":
      return `(${sourceValueSql(value.value)})::${requireTypeName(value.type)}`;
    case "coalesce":
      return `coalesce(${value.values.map(sourceValueSql).join(", ")})`;
  }
}

/**
 * SQL for the same value as text, over rows whose source columns are texts named by `textColumn`:
 * what cannot be read as the type of a cast becomes null instead of an error.
 */
export function textValueSql(
  value: MappingValue,
  textColumn: (column: string) => string,
): string {
  switch (value.kind) {
    case "column":
      return textColumn(value.column);
    case "constant":
      return `(${constantSql(value.value)})::text`;
    case "cast": {
      const type = quoteLiteral(requireTypeName(value.type).toLowerCase());
      return `perigee.text_as(${textValueSql(value.value, textColumn)}, ${type})`;
    }
    case "coalesce":
      return `coalesce(${value.values.map((each) => textValueSql(each, textColumn)).join(", ")})`;
  }
}

/** The source's columns that a value is made of, each once. */
export function columnsOf(value: MappingValue): string[] {
  switch (value.kind) {
    case "column":
      return [value.column];
    case "constant":
      return [];
    case "cast":
      return columnsOf(value.value);
    case "coalesce":
      return [...new Set(value.values.flatMap(columnsOf))];
  }
}

function constantSql(value: string | number | boolean | null): string {
  if (value === null) return "null";
  if (typeof value === "string") return quoteLiteral(value);
  if (typeof value === "boolean") return String(value);
  if (Number.isFinite(value)) return value < 0 ? `(${value})` : String(value);
  throw refuseMapping(`the constant ${value} is no number of SQL`);
}

function requireTypeName(type: string): string {
  if (typeName.test(type)) return type;
  throw refuseMapping(`${JSON.stringify(type)} is no type to cast to`);
}

function refuseMapping(reason: string): PerigeeError {
  return new PerigeeError(`the mapping of an import cannot be carried out: ${reason}`, {
    kind: "config",
    code: "PG602",
    advice: "Name a type such as text, integer, numeric, date, timestamptz or jsonb.",
  });
}
