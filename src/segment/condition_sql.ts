import { PerigeeError } from "../error.ts";
import { conditionOperators } from "../config/condition_operator.ts";
import type { ConditionConfig, CountConfig } from "../config/model_segment.ts";
import { quoteLiteral } from "../postgres/identifier.ts";
import { type Moment, momentCondition } from "./moment_condition.ts";
import type { Operand } from "./operand.ts";

/**
 * SQL for one comparison: true where the value meets the condition, false or null where not, null
 * for a null unless the operator asks for nulls. Values are in it as quoted literals, because COPY
 * takes no parameters. Throws PG620 when the operator does not fit the column's type or the value
 * is none for it.
 */
export function conditionSql(
  condition: ConditionConfig,
  operand: Operand,
  moment: Moment,
): string {
  if (condition.operator === "isNull") {
    return `${operand.sql} is ${condition.value === true ? "" : "not "}null`;
  }
  const sql = familyCondition(condition, operand, moment);
  if (sql !== undefined) return sql;
  const { fits } = conditionOperators[condition.operator];
  throw misfit(condition, `it compares ${fits.join(", ")}, and the column holds ${operand.family}`);
}

function familyCondition(
  condition: ConditionConfig,
  operand: Operand,
  moment: Moment,
): string | undefined {
  switch (operand.family) {
    case "text":
      return textCondition(condition, operand);
    case "number":
      return numberCondition(condition, operand);
    case "boolean":
      return booleanCondition(condition, operand.sql);
    case "moment":
      return momentConditionOrMisfit(condition, operand, moment);
    case "array":
      return arrayCondition(condition, operand);
    case "json":
      return jsonCondition(condition, operand.sql);
  }
}

function misfit(condition: ConditionConfig, reason: string): PerigeeError {
  return new PerigeeError(
    `${condition.operator} does not fit column ${condition.column} at ${condition.place}: ${reason}`,
    {
      kind: "config",
      code: "PG620",
      advice: "Use an operator and a value for that type; docs/segments.md lists them.",
    },
  );
}

const comparisons = { equals: "=", notEquals: "<>", in: "in", notIn: "not in" } as const;

/** `x = 1`, `x not in (1, 2)`; undefined when the operator is none of these. */
function equality(
  { operator, value }: ConditionConfig,
  sql: string,
  literal: (value: unknown) => string,
): string | undefined {
  if (operator === "equals" || operator === "notEquals") {
    return `${sql} ${comparisons[operator]} ${literal(value)}`;
  }
  if (operator === "in" || operator === "notIn") {
    return `${sql} ${comparisons[operator]} (${(value as unknown[]).map(literal).join(", ")})`;
  }
  return undefined;
}

function textCondition(
  condition: ConditionConfig,
  operand: Extract<Operand, { family: "text" }>,
): string | undefined {
  const { operator, value } = condition;
  const ignoresCase = condition.ignoreCase || operand.ignoresCase;
  const sql = ignoresCase ? `lower(${operand.sql})` : operand.sql;
  const literal = (given: unknown) => {
    const quoted = quoteLiteral(String(given));
    return ignoresCase ? `lower(${quoted})` : quoted;
  };
  const like = (before: string, after: string) =>
    `${sql} like ${literal(`${before}${String(value).replace(/[\\%_]/g, "\\$&")}${after}`)}`;
  switch (operator) {
    case "contains":
      return typeof value === "object" ? undefined : like("%", "%");
    case "startsWith":
      return like("", "%");
    case "endsWith":
      return like("%", "");
    case "matches":
      return `${operand.sql} ${ignoresCase ? "~*" : "~"} ${quoteLiteral(String(value))}`;
    case "isEmpty":
      return value === true
        ? `(${operand.sql} is null or ${operand.sql} = '')`
        : `${operand.sql} <> ''`;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return `${sql} ${operator} ${literal(value)}`;
    default:
      return equality(condition, sql, literal);
  }
}

function numberCondition(
  condition: ConditionConfig,
  operand: Extract<Operand, { family: "number" }>,
): string | undefined {
  const { operator, value } = condition;
  const literal = (given: unknown) => numberLiteral(condition, given, operand.isFloat);
  switch (operator) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      return `${operand.sql} ${operator} ${literal(value)}`;
    case "between": {
      const [lower, upper] = value as [unknown, unknown];
      return `${operand.sql} between ${literal(lower)} and ${literal(upper)}`;
    }
    default:
      return equality(condition, operand.sql, literal);
  }
}

/** Digits as they are written, so that no number passes through a double of ours. */
function numberLiteral(condition: ConditionConfig, value: unknown, isFloat: boolean): string {
  const text = typeof value === "boolean" ? "" : String(value).trim();
  const found = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (found === null) throw misfit(condition, "the value is no number");
  if (isFloat && !Number.isFinite(Number(text))) {
    throw misfit(condition, "the value is beyond what a double precision number holds");
  }
  const literal = isFloat ? `${text}::float8` : text;
  return /^[+-]/.test(literal) ? `(${literal})` : literal;
}

function booleanCondition(condition: ConditionConfig, sql: string): string | undefined {
  return equality(condition, sql, (value) => {
    const text = String(value).toLowerCase();
    if (text !== "true" && text !== "false") {
      throw misfit(condition, "the value is neither true nor false");
    }
    return text;
  });
}

function momentConditionOrMisfit(
  condition: ConditionConfig,
  operand: Extract<Operand, { family: "moment" }>,
  moment: Moment,
): string | undefined {
  try {
    return momentCondition(condition, operand, moment);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw misfit(condition, "the value is neither a day nor an ISO 8601 timestamp");
  }
}

function arrayCondition(
  condition: ConditionConfig,
  { sql, elementType }: Extract<Operand, { family: "array" }>,
): string | undefined {
  const { operator, value } = condition;
  if (operator === "isEmpty") {
    return value === true
      ? `(${sql} is null or cardinality(${sql}) = 0)`
      : `cardinality(${sql}) > 0`;
  }
  if (operator !== "contains") return undefined;
  if (condition.ignoreCase) throw misfit(condition, "ignoreCase does not work on arrays");
  const elements = Array.isArray(value) ? value as unknown[] : [value];
  if (elements.some((element) => typeof element === "object")) {
    throw misfit(condition, "an array contains single values, not mappings");
  }
  const quoted = elements.map((element) => quoteLiteral(String(element))).join(", ");
  return `${sql} @> array[${quoted}]::${elementType}[]`;
}

function jsonCondition(condition: ConditionConfig, sql: string): string | undefined {
  const { operator, value } = condition;
  switch (operator) {
    case "contains":
      if (condition.ignoreCase) throw misfit(condition, "ignoreCase does not work on jsonb");
      return `${sql} @> ${quoteLiteral(JSON.stringify(value))}::jsonb`;
    case "hasKey":
      return `(jsonb_typeof(${sql}) = 'object' and ${sql} ? ${quoteLiteral(String(value))})`;
    case "isEmpty": {
      const empty = `('null'::jsonb, '{}'::jsonb, '[]'::jsonb, '""'::jsonb)`;
      return value === true ? `(${sql} is null or ${sql} in ${empty})` : `${sql} not in ${empty}`;
    }
    default:
      return undefined;
  }
}

/** SQL that compares a number (given as SQL) as `count` and `sum` of a leaf ask. */
export function compareNumberSql(sql: string, compare: CountConfig): string {
  const { operator, value } = compare;
  if (operator === "between") {
    const [lower, upper] = value as readonly [number, number];
    return `${sql} between ${plainNumber(lower)} and ${plainNumber(upper)}`;
  }
  return `${sql} ${operator} ${plainNumber(value as number)}`;
}

/** Does the number 0 meet the comparison? Then contacts without any row do. */
export function acceptsZero(compare: CountConfig): boolean {
  return meetsNumber(0, compare);
}

/** Does a number meet what `count` or `sum` of a leaf ask? */
export function meetsNumber(number: number, { operator, value }: CountConfig): boolean {
  if (operator === "between") {
    const [lower, upper] = value as readonly [number, number];
    return lower <= number && number <= upper;
  }
  const limit = value as number;
  switch (operator) {
    case "=":
      return number === limit;
    case "<>":
      return number !== limit;
    case "<":
      return number < limit;
    case "<=":
      return number <= limit;
    case ">":
      return number > limit;
    case ">=":
      return number >= limit;
  }
}

function plainNumber(value: number): string {
  return value < 0 ? `(${value})` : String(value);
}
