import { PerigeeError } from "../error.ts";
import { conditionOperators } from "../config/condition_operator.ts";
import type { ConditionConfig, CountConfig } from "../config/model_segment.ts";
import { quoteLiteral } from "../postgres/identifier.ts";
import { beyond, type Comparison, comparisonSql, exactly, type Interval } from "./comparison.ts";
import { calendarCondition, type Moment, momentComparison } from "./moment_condition.ts";
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

/**
 * The condition as a comparison with literals of an ordered type, where it is one: many of them on
 * one column can be answered by one search. Throws PG620 as `conditionSql` does.
 */
export function comparisonOf(
  condition: ConditionConfig,
  operand: Operand,
  moment: Moment,
): Comparison | undefined {
  switch (operand.family) {
    case "text":
      return textComparison(condition, operand);
    case "number":
      return numberComparison(condition, operand);
    case "boolean":
      return booleanComparison(condition, operand.sql);
    case "moment":
      return readingMoments(condition, () => momentComparison(condition, operand, moment));
    default:
      return undefined;
  }
}

function familyCondition(
  condition: ConditionConfig,
  operand: Operand,
  moment: Moment,
): string | undefined {
  const comparison = comparisonOf(condition, operand, moment);
  if (comparison !== undefined) return comparisonSql(comparison);
  switch (operand.family) {
    case "text":
      return textCondition(condition, operand);
    case "moment":
      return calendarCondition(condition, operand, moment);
    case "array":
      return arrayCondition(condition, operand);
    case "json":
      return jsonCondition(condition, operand.sql);
    default:
      return undefined;
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

/** Intervals of `equals`, `in` and their opposites; undefined when the operator is none of these. */
function points(
  { operator, value }: ConditionConfig,
  literal: (value: unknown) => string,
): Pick<Comparison, "intervals" | "isNegated"> | undefined {
  if (operator === "equals" || operator === "notEquals") {
    return { intervals: [exactly(literal(value))], isNegated: operator === "notEquals" };
  }
  if (operator !== "in" && operator !== "notIn") return undefined;
  const intervals = (value as unknown[]).map((each) => exactly(literal(each)));
  return { intervals, isNegated: operator === "notIn" };
}

type TextOperand = Extract<Operand, { family: "text" }>;

/** SQL for a text operand and for literals beside it; in lower case where case is ignored. */
function textSides(condition: ConditionConfig, operand: TextOperand) {
  const ignoresCase = condition.ignoreCase || operand.ignoresCase;
  const literal = (given: unknown) => {
    const quoted = quoteLiteral(String(given));
    return ignoresCase ? `lower(${quoted})` : quoted;
  };
  return { ignoresCase, sql: ignoresCase ? `lower(${operand.sql})` : operand.sql, literal };
}

function textComparison(condition: ConditionConfig, operand: TextOperand): Comparison | undefined {
  const { sql, literal } = textSides(condition, operand);
  const found = points(condition, literal);
  return found === undefined ? undefined : { operand: sql, type: "text", ...found };
}

function textCondition(condition: ConditionConfig, operand: TextOperand): string | undefined {
  const { operator, value } = condition;
  const { ignoresCase, sql, literal } = textSides(condition, operand);
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
      return undefined;
  }
}

function numberComparison(
  condition: ConditionConfig,
  operand: Extract<Operand, { family: "number" }>,
): Comparison | undefined {
  const literal = (given: unknown) => numberLiteral(condition, given, operand.isFloat);
  const found = numberIntervals(condition, literal);
  if (found === undefined) return undefined;
  const areWhole = operand.isInteger && found.intervals.every(isWhole);
  const type = operand.isFloat ? "float8" : areWhole ? "bigint" : "numeric";
  return { operand: operand.sql, type, ...found };
}

function numberIntervals(
  condition: ConditionConfig,
  literal: (value: unknown) => string,
): Pick<Comparison, "intervals" | "isNegated"> | undefined {
  const { operator, value } = condition;
  switch (operator) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      return { intervals: [beyond(operator, literal(value))], isNegated: false };
    case "between": {
      const [first, last] = value as [unknown, unknown];
      const lower = { literal: literal(first), isIncluded: true };
      const upper = { literal: literal(last), isIncluded: true };
      return { intervals: [{ lower, upper }], isNegated: false };
    }
    default:
      return points(condition, literal);
  }
}

/** Do both ends fit a bigint as they are written? */
function isWhole({ lower, upper }: Interval): boolean {
  return [lower, upper].every((bound) =>
    bound === undefined || /^\(?[+-]?\d{1,18}\)?$/.test(bound.literal)
  );
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

function booleanComparison(condition: ConditionConfig, sql: string): Comparison | undefined {
  const found = points(condition, (value) => {
    const text = String(value).toLowerCase();
    if (text !== "true" && text !== "false") {
      throw misfit(condition, "the value is neither true nor false");
    }
    return text;
  });
  return found === undefined ? undefined : { operand: sql, type: "boolean", ...found };
}

function readingMoments<T>(condition: ConditionConfig, read: () => T): T {
  try {
    return read();
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
