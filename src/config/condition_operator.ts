/** What kind of values a column holds, as far as conditions care. */
export type ColumnFamily = "text" | "number" | "boolean" | "moment" | "array" | "json";

/** Shapes of a condition's checked `value`; `parseConditionValue` makes them from the YAML. */
export type ConditionShape =
  | "scalar" // string | number | boolean
  | "scalars" // non-empty array of them
  | "text" // string
  | "pattern" // string, a POSIX regular expression of Postgres
  | "contained" // scalar, array or mapping: a part of text, an element of an array, jsonb containment
  | "flag" // true, or false for the negation
  | "bound" // number, or text that Postgres reads as the column's type
  | "bounds" // [lower, upper], both included
  | "moment" // "2026-01-31", an ISO 8601 timestamp, or "today"
  | "moments" // [first, last], both included
  | "span" // { amount, unit }: unit is minutes | hours | days | weeks | months | years
  | "days" // whole number of days, 0 or more
  | "anniversary" // { offsetDays }: 0 today, 3 in three days, -3 three days ago
  | "months" // numbers 1–12
  | "weekdays" // numbers, 0 is Sunday
  | "key"; // name of a key of a jsonb object

interface OperatorRule {
  /** Spellings that the YAML may use; the first is the canonical one. */
  readonly spellings: readonly string[];
  readonly shape: ConditionShape;
  readonly fits: readonly ColumnFamily[];
  /** May be written `{ value: …, ignoreCase: true }`. */
  readonly takesIgnoreCase: boolean;
  readonly meaning: string;
}

const anyFamily = ["text", "number", "boolean", "moment", "array", "json"] as const;
const comparable = ["text", "number", "boolean", "moment"] as const;

function rule(
  spellings: readonly string[],
  shape: ConditionShape,
  fits: readonly ColumnFamily[],
  meaning: string,
  takesIgnoreCase = false,
): OperatorRule {
  return { spellings, shape, fits, takesIgnoreCase, meaning };
}

/**
 * Every operator of a segment's condition: how it may be spelt, the shape of its value and the
 * kinds of columns it fits. A null in the column satisfies none of them but `isNull: true` and
 * `isEmpty: true`. `between` on a column of dates takes moments (`shapeFor`).
 */
export const conditionOperators = {
  equals: rule(["equals", "=", "=="], "scalar", comparable, "is exactly the value", true),
  notEquals: rule(["notEquals", "!=", "<>", "≠"], "scalar", comparable, "is another value", true),
  in: rule(["in"], "scalars", comparable, "is one of the values", true),
  notIn: rule(["notIn"], "scalars", comparable, "is none of the values", true),
  contains: rule(
    ["contains"],
    "contained",
    ["text", "array", "json"],
    "has the text, element or jsonb in it",
    true,
  ),
  startsWith: rule(["startsWith"], "text", ["text"], "begins with the text", true),
  endsWith: rule(["endsWith"], "text", ["text"], "ends with the text", true),
  matches: rule(["matches"], "pattern", ["text"], "matches the regular expression", true),
  isEmpty: rule(
    ["isEmpty"],
    "flag",
    ["text", "array", "json"],
    "is null or has nothing in it",
  ),
  isNull: rule(["isNull"], "flag", anyFamily, "is null"),
  "<": rule(["<", "lessThan"], "bound", ["number", "moment", "text"], "is less"),
  "<=": rule(["<=", "≤", "atMost"], "bound", ["number", "moment", "text"], "is less or equal"),
  ">": rule([">", "greaterThan"], "bound", ["number", "moment", "text"], "is greater"),
  ">=": rule(
    [">=", "≥", "atLeast"],
    "bound",
    ["number", "moment", "text"],
    "is greater or equal",
  ),
  between: rule(["between"], "bounds", ["number", "moment"], "lies between both, both included"),
  on: rule(["on"], "moment", ["moment"], "falls on that day"),
  before: rule(["before"], "moment", ["moment"], "is earlier than the day or moment"),
  after: rule(["after"], "moment", ["moment"], "is later than the day or moment"),
  today: rule(["today"], "flag", ["moment"], "falls on today"),
  inLast: rule(["inLast"], "span", ["moment"], "lies in the time until now"),
  inNext: rule(["inNext"], "span", ["moment"], "lies in the time from now on"),
  daysAgo: rule(["daysAgo"], "days", ["moment"], "falls on the day so many days ago"),
  inDays: rule(["inDays"], "days", ["moment"], "falls on the day in so many days"),
  anniversary: rule(
    ["anniversary"],
    "anniversary",
    ["moment"],
    "has its anniversary on that day; 29 February counts as 28 in other years",
  ),
  month: rule(["month"], "months", ["moment"], "falls in one of the months"),
  weekday: rule(["weekday"], "weekdays", ["moment"], "falls on one of the weekdays"),
  hasKey: rule(["hasKey"], "key", ["json"], "has the key at its top level"),
} as const satisfies Record<string, OperatorRule>;

/** Canonical name of an operator. */
export type ConditionOperator = keyof typeof conditionOperators;

const bySpelling: ReadonlyMap<string, ConditionOperator> = new Map(
  (Object.keys(conditionOperators) as ConditionOperator[]).flatMap((name) =>
    conditionOperators[name].spellings.map((spelling) => [spelling, name] as const)
  ),
);

/** Every accepted spelling, for suggestions and documents. */
export const operatorSpellings: readonly string[] = [...bySpelling.keys()];

/** The operator that a spelling means; undefined when there is none. */
export function findOperator(spelling: string): ConditionOperator | undefined {
  return bySpelling.get(spelling);
}

/** The family of a Postgres type name as `format_type` prints it; undefined: no operator knows it. */
export function columnFamily(type: string): ColumnFamily | undefined {
  const base = type.toLowerCase().replace(/\(.*?\)/, "").trim();
  if (base.endsWith("[]")) return "array";
  if (base === "json" || base === "jsonb") return "json";
  if (base === "boolean") return "boolean";
  if (base === "date" || /^timestamp( with(out)? time zone)?$|^timestamptz$/.test(base)) {
    return "moment";
  }
  if (/^(smallint|integer|bigint|numeric|real|double precision|money|oid)$/.test(base)) {
    return "number";
  }
  if (/^(text|character varying|varchar|character|bpchar|"char"|name|citext|uuid)$/.test(base)) {
    return "text";
  }
  return undefined;
}
