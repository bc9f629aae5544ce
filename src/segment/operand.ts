import type { ConditionConfig } from "../config/model_segment.ts";
import { columnFamily } from "../config/condition_operator.ts";
import { isMoment } from "../config/condition_value.ts";
import type { ColumnInfo } from "../postgres/catalog.ts";
import { quoteLiteral } from "../postgres/identifier.ts";

/** How a column keeps moments: a calendar day, a wall clock in UTC, or a moment in time. */
export type MomentType = "date" | "timestamp" | "timestamptz";

/** SQL for the left side of a comparison, with what its type means for the right side. */
export type Operand =
  | { readonly family: "text"; readonly sql: string; readonly ignoresCase: boolean }
  | {
    readonly family: "number";
    readonly sql: string;
    /** Compared as double precision, which holds no number beyond 1.8e308. */
    readonly isFloat: boolean;
    /** Holds whole numbers within a bigint. */
    readonly isInteger: boolean;
  }
  | { readonly family: "boolean"; readonly sql: string }
  | {
    readonly family: "moment";
    readonly sql: string;
    readonly type: MomentType;
    /** The day that the value stands for when only the calendar counts. */
    readonly daySql: string;
  }
  | { readonly family: "array"; readonly sql: string; readonly elementType: string }
  | { readonly family: "json"; readonly sql: string };

/** Names of the catalog that differ from those of `format_type`, which the operators know. */
const formattedNames: ReadonlyMap<string, string> = new Map([
  ["int2", "smallint"],
  ["int4", "integer"],
  ["int8", "bigint"],
  ["float4", "real"],
  ["float8", "double precision"],
  ["bool", "boolean"],
  ["varchar", "character varying"],
  ["bpchar", "character"],
  ["timestamp", "timestamp without time zone"],
]);

/** The type to compare by: without length, without schema, and of a domain what is beneath. */
export function comparedType(
  column: Pick<ColumnInfo, "type" | "baseTypeName" | "isArray">,
): string {
  if (column.isArray) return column.type.replace(/\(.*?\)/, "");
  return formattedNames.get(column.baseTypeName) ?? column.baseTypeName;
}

/**
 * The operand for an expression (quoted SQL) of that type, as {@link comparedType} or the hub's
 * datasets name it; `isEnum` is compared as text. Undefined when no operator knows the type.
 * Timestamps without zone are UTC; where only the calendar counts, their day is as written.
 */
export function columnOperand(
  sql: string,
  type: string,
  isEnum: boolean,
  zone: string,
): Operand | undefined {
  if (isEnum) return textOperand(sql, type);
  switch (columnFamily(type)) {
    case "text":
      return textOperand(sql, type);
    case "number":
      return numberOperand(sql, type);
    case "boolean":
      return { family: "boolean", sql };
    case "moment":
      return momentOperand(sql, type, zone);
    case "array":
      return { family: "array", sql, elementType: type.slice(0, -"[]".length) };
    case "json":
      return { family: "json", sql: type === "json" ? `(${sql})::jsonb` : sql };
    case undefined:
      return undefined;
  }
}

function textOperand(sql: string, type: string): Operand {
  const isPlain = type === "text" || type === "character varying";
  // A bpchar's blanks, an enum's and a uuid's operators: none of them compares like text.
  return {
    family: "text",
    sql: isPlain ? sql : `(${sql})::text`,
    ignoresCase: type === "citext",
  };
}

function numberOperand(sql: string, type: string): Operand {
  if (type === "money") {
    return { family: "number", sql: `(${sql})::numeric`, isFloat: false, isInteger: false };
  }
  if (type === "oid") {
    return { family: "number", sql: `(${sql})::bigint`, isFloat: false, isInteger: true };
  }
  // 0.1::real is not 0.1; its shortest decimal is what people mean.
  if (type === "real") {
    return { family: "number", sql: `(${sql})::text::float8`, isFloat: true, isInteger: false };
  }
  const isInteger = type === "smallint" || type === "integer" || type === "bigint";
  return { family: "number", sql, isFloat: type === "double precision", isInteger };
}

/**
 * Timestamps without zone are moments in UTC. Where only the calendar counts (anniversaries) their
 * day is the one that is written, because birthdays kept that way are days, not moments.
 */
function momentOperand(sql: string, type: string, zone: string): Operand {
  if (type === "date") return { family: "moment", sql, type: "date", daySql: sql };
  if (type.startsWith("timestamp") && !type.endsWith("without time zone") && type !== "timestamp") {
    const daySql = `(${sql} at time zone ${quoteLiteral(zone)})::date`;
    return { family: "moment", sql, type: "timestamptz", daySql };
  }
  return { family: "moment", sql, type: "timestamp", daySql: `(${sql})::date` };
}

/**
 * The operand for an additional field of a contact, which has no declared type: operator and value
 * say what it is compared as. `json` is SQL for the field as jsonb, null where it is absent.
 */
export function fieldOperand(json: string, condition: ConditionConfig, zone: string): Operand {
  const text = `(${json} #>> '{}')`;
  switch (fieldFamily(condition)) {
    case "number":
      return {
        family: "number",
        sql: `perigee.number_of(${text})`,
        isFloat: false,
        isInteger: false,
      };
    case "boolean":
      return { family: "boolean", sql: `perigee.boolean_of(${text})` };
    case "moment": {
      const given = `${text}, ${quoteLiteral(zone)}`;
      const daySql = `perigee.day_of(${given})`;
      return { family: "moment", sql: `perigee.moment_of(${given})`, type: "timestamptz", daySql };
    }
    case "json":
      return { family: "json", sql: json };
    default:
      return { family: "text", sql: text, ignoresCase: false };
  }
}

function fieldFamily({ operator, value }: ConditionConfig): Operand["family"] {
  switch (operator) {
    case "on":
    case "before":
    case "after":
    case "today":
    case "inLast":
    case "inNext":
    case "daysAgo":
    case "inDays":
    case "anniversary":
    case "month":
    case "weekday":
      return "moment";
    case "hasKey":
    case "isEmpty":
      return "json";
    case "isNull":
    case "startsWith":
    case "endsWith":
    case "matches":
      return "text";
    case "contains":
      return typeof value === "string" ? "text" : "json";
    default:
      return familyOfValue(Array.isArray(value) ? value[0] : value);
  }
}

function familyOfValue(value: unknown): Operand["family"] {
  if (typeof value === "number") return "number";
  if (typeof value === "string" && (isMoment(value) || value === "today")) return "moment";
  return typeof value === "boolean" ? "boolean" : "text";
}
