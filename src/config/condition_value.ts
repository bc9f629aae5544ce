import {
  type ColumnFamily,
  type ConditionOperator,
  conditionOperators,
  type ConditionShape,
} from "./condition_operator.ts";

/** Length of time of `inLast` and `inNext`. */
export interface Span {
  readonly amount: number;
  readonly unit: "minutes" | "hours" | "days" | "weeks" | "months" | "years";
}

/** A checked value, or the sentence part that says what was wanted instead. */
export type ParsedValue = { readonly value: unknown } | { readonly wanted: string };

type Scalar = string | number | boolean;

const monthNames = [
  "jan",
  "feb",
  "mar",
  "apr",
  "may",
  "jun",
  "jul",
  "aug",
  "sep",
  "oct",
  "nov",
  "dec",
];
const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const longMonths = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const longWeekdays = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
];

function isScalar(value: unknown): value is Scalar {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean";
}

function isBound(value: unknown): value is string | number {
  return isScalar(value) && typeof value !== "boolean" && value !== "";
}

/** Is this text a day of the calendar (`2026-02-28`) or an ISO 8601 timestamp of one? */
export function isMoment(text: string): boolean {
  const found =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/
      .exec(text);
  if (found === null) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  date.setUTCFullYear(year);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isConditionMoment(value: unknown): value is string {
  return typeof value === "string" && (value === "today" || isMoment(value));
}

const spanUnits: Readonly<Record<string, Span["unit"]>> = {
  min: "minutes",
  minute: "minutes",
  h: "hours",
  hour: "hours",
  d: "days",
  day: "days",
  w: "weeks",
  week: "weeks",
  month: "months",
  year: "years",
};

/** Reads `30 days`, `1 month` or `12h`; undefined when it is none. */
export function parseSpan(text: string): Span | undefined {
  const found = /^(\d{1,6})\s*(min|minute|h|hour|d|day|w|week|month|year)s?$/i.exec(text.trim());
  if (found === null) return undefined;
  const unit = spanUnits[(found[2] ?? "").toLowerCase()];
  return unit === undefined ? undefined : { amount: Number(found[1]), unit };
}

/** Numbers, three-letter or full English names → numbers counted from `first`. */
function numbersOf(
  value: unknown,
  names: readonly string[],
  longNames: readonly string[],
  first: number,
): number[] | undefined {
  const list = Array.isArray(value) ? value : [value];
  const numbers = list.map((item) => {
    if (typeof item === "number") return item;
    if (typeof item !== "string") return Number.NaN;
    const lower = item.toLowerCase();
    const index = Math.max(names.indexOf(lower), longNames.indexOf(lower));
    return index < 0 ? Number.NaN : index + first;
  });
  const last = first + names.length - 1;
  const isGood = numbers.every((each) => Number.isInteger(each) && each >= first && each <= last);
  return isGood && numbers.length > 0 ? [...new Set(numbers)] : undefined;
}

/** `mon`, `Sunday`, `0` or a list of them → numbers with 0 for Sunday; undefined when malformed. */
export function parseWeekdays(value: unknown): number[] | undefined {
  return numbersOf(value, weekdayNames, longWeekdays, 0);
}

function isDays(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 36_525;
}

function offsetOf(value: unknown): number | undefined {
  if (value === "today") return 0;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const [name, days] = entries[0] ?? [];
  if (entries.length !== 1 || !isDays(days) || days > 366) return undefined;
  if (name === "inDays") return days;
  return name === "daysAgo" ? -days : undefined;
}

type ShapeParser = { readonly wanted: string; readonly parse: (value: unknown) => unknown };

function accept(wanted: string, isGood: (value: unknown) => boolean): ShapeParser {
  return { wanted, parse: (value) => isGood(value) ? value : undefined };
}

function pairOf(value: unknown, isGood: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isGood);
}

const shapes: Readonly<Record<ConditionShape, ShapeParser>> = {
  scalar: accept("a text, a number, true or false", isScalar),
  scalars: accept(
    "a list of texts or numbers with at least one in it",
    (value) => Array.isArray(value) && value.length > 0 && value.every(isScalar),
  ),
  text: accept("a text", (value) => typeof value === "string" && value !== ""),
  pattern: accept("a regular expression", (value) => typeof value === "string" && value !== ""),
  contained: accept(
    "a text, a number, a list or a mapping",
    (value) => value !== "" && (isScalar(value) || typeof value === "object" && value !== null),
  ),
  flag: accept("true or false", (value) => typeof value === "boolean"),
  bound: accept("a number, or a text that reads as the column's type", isBound),
  bounds: accept("two values, [lower, upper]", (value) => pairOf(value, isBound)),
  moment: accept("a day such as 2026-01-31, an ISO 8601 timestamp, or today", isConditionMoment),
  moments: accept(
    "two days or timestamps, [2026-01-01, 2026-01-31]",
    (value) => pairOf(value, isConditionMoment),
  ),
  span: {
    wanted: "a length of time such as 30 days, 12 hours or 1 month",
    parse: (value) => typeof value === "string" ? parseSpan(value) : undefined,
  },
  days: accept("a whole number of days, 0 or more", isDays),
  anniversary: {
    wanted: "today, { inDays: 5 } or { daysAgo: 3 }, up to 366 days",
    parse: (value) => {
      const offsetDays = offsetOf(value);
      return offsetDays === undefined ? undefined : { offsetDays };
    },
  },
  months: {
    wanted: "months as numbers 1 to 12 or English names, one or a list",
    parse: (value) => numbersOf(value, monthNames, longMonths, 1),
  },
  weekdays: { wanted: "weekdays such as mon, one or a list", parse: parseWeekdays },
  key: accept("the name of a key", (value) => typeof value === "string" && value !== ""),
};

/** The shape of an operator's value over a column of that family; unknown families decide nothing. */
export function shapeFor(operator: ConditionOperator, family?: ColumnFamily): ConditionShape {
  const shape = conditionOperators[operator].shape;
  return shape === "bounds" && family === "moment" ? "moments" : shape;
}

/** Brings a condition's value as the YAML gave it into the operator's own shape. */
export function parseConditionValue(
  operator: ConditionOperator,
  value: unknown,
  family?: ColumnFamily,
): ParsedValue {
  const shape = shapes[shapeFor(operator, family)];
  const parsed = shape.parse(value);
  return parsed === undefined ? { wanted: shape.wanted } : { value: parsed };
}

/** What an operator wants for its value, as a phrase: "true or false". */
export function wantedValue(operator: ConditionOperator): string {
  return shapes[conditionOperators[operator].shape].wanted;
}
