import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { Span } from "../../src/config/condition_value.ts";

/** A value of a row as the model sees it; null is SQL's null. */
export type ModelValue =
  | { readonly kind: "text"; readonly text: string | null }
  | { readonly kind: "number"; readonly text: string | null }
  | { readonly kind: "boolean"; readonly flag: boolean | null }
  /** `at` is an instant in ms; a date's is its midnight as if the calendar were UTC. */
  | { readonly kind: "date" | "timestamp" | "timestamptz"; readonly at: number | null }
  | { readonly kind: "array"; readonly elements: readonly string[] | null }
  | { readonly kind: "json"; readonly json: unknown };

/** A condition as the model sees it. */
export interface ModelCondition {
  readonly operator: ConditionOperator;
  readonly value: unknown;
  readonly ignoreCase: boolean;
}

/** What the operators mean, written without SQL and without the code under test. */
export function meets(
  { operator, value, ignoreCase }: ModelCondition,
  given: ModelValue,
  now: number,
  zone: string,
): boolean {
  if (operator === "isNull") return isNull(given) === value;
  if (operator === "isEmpty") return isEmpty(given) === value;
  if (isNull(given)) return false;
  switch (given.kind) {
    case "text":
      return meetsText(operator, value, given.text ?? "", ignoreCase);
    case "number":
      return meetsNumber(operator, value, given.text ?? "");
    case "boolean":
      return meetsEquality(operator, value, (other) => other === given.flag);
    case "array":
      return [value].flat().every((element) => given.elements?.includes(String(element)));
    case "json":
      return operator === "hasKey"
        ? isObject(given.json) && Object.hasOwn(given.json, String(value))
        : hasJson(given.json, value);
    default:
      return new MomentModel(given.kind, given.at ?? 0, now, zone).meets(operator, value);
  }
}

function isNull(given: ModelValue): boolean {
  switch (given.kind) {
    case "text":
    case "number":
      return given.text === null;
    case "boolean":
      return given.flag === null;
    case "array":
      return given.elements === null;
    case "json":
      return given.json === undefined;
    default:
      return given.at === null;
  }
}

function isEmpty(given: ModelValue): boolean {
  if (isNull(given)) return true;
  if (given.kind === "text") return given.text === "";
  if (given.kind === "array") return given.elements?.length === 0;
  if (given.kind !== "json") return false;
  return ["null", "{}", "[]", '""'].includes(JSON.stringify(given.json));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every member of the wanted object is in the other with the same scalar. */
function hasJson(given: unknown, wanted: unknown): boolean {
  if (isObject(wanted)) {
    return isObject(given) && Object.entries(wanted).every(([key, value]) => given[key] === value);
  }
  return Array.isArray(given) ? given.includes(wanted) : given === wanted;
}

function meetsEquality(
  operator: ConditionOperator,
  value: unknown,
  equals: (other: unknown) => boolean,
): boolean {
  if (operator === "equals") return equals(value);
  if (operator === "notEquals") return !equals(value);
  if (operator === "in") return (value as unknown[]).some(equals);
  if (operator === "notIn") return !(value as unknown[]).some(equals);
  throw new Error(`the model knows no ${operator} here`);
}

function meetsText(
  operator: ConditionOperator,
  value: unknown,
  given: string,
  ignoreCase: boolean,
): boolean {
  const fold = (text: unknown) => ignoreCase ? String(text).toLowerCase() : String(text);
  const text = fold(given);
  switch (operator) {
    case "contains":
      return text.includes(fold(value));
    case "startsWith":
      return text.startsWith(fold(value));
    case "endsWith":
      return text.endsWith(fold(value));
    case "matches":
      return new RegExp(String(value), ignoreCase ? "si" : "s").test(given);
    default:
      return meetsEquality(operator, value, (other) => text === fold(other));
  }
}

/** -1, 0 or 1 for decimals of any length; NaN is greater than all and equal to itself. */
export function compareDecimals(one: string, other: string): number {
  if (one === "NaN" || other === "NaN") return Number(one === "NaN") - Number(other === "NaN");
  const places = (text: string) => (text.split(".")[1] ?? "").length;
  const scale = Math.max(places(one), places(other));
  const whole = (text: string) => BigInt(text.replace(".", "") + "0".repeat(scale - places(text)));
  const difference = whole(one) - whole(other);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

function meetsNumber(operator: ConditionOperator, value: unknown, given: string): boolean {
  const compared = (other: unknown) => compareDecimals(given, String(other));
  switch (operator) {
    case "<":
      return compared(value) < 0;
    case "<=":
      return compared(value) <= 0;
    case ">":
      return compared(value) > 0;
    case ">=":
      return compared(value) >= 0;
    case "between": {
      const [lower, upper] = value as [unknown, unknown];
      return compared(lower) >= 0 && compared(upper) <= 0;
    }
    default:
      return meetsEquality(operator, value, (other) => compared(other) === 0);
  }
}

/** `2026-03-29T03:15` as the clocks of a zone show it; texts of this form compare like times. */
export function wallText(instant: number, zone: string): string {
  const text = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(instant);
  return text.replace(" ", "T");
}

const dayMs = 86_400_000;
const quarterMs = 900_000;

class MomentModel {
  readonly #kind: string;
  readonly #at: number;
  readonly #now: number;
  readonly #zone: string;

  constructor(kind: string, at: number, now: number, zone: string) {
    this.#kind = kind;
    this.#at = at;
    this.#now = now;
    this.#zone = zone;
  }

  meets(operator: ConditionOperator, value: unknown): boolean {
    const today = this.#dayOf(this.#now);
    switch (operator) {
      case "on":
        return this.#day() === this.#boundDay(value);
      case "before":
      case "<":
        return this.#compare(value) < 0;
      case "after":
      case ">":
        return this.#compare(value) > 0;
      case "<=":
        return this.#compare(value) <= 0;
      case ">=":
        return this.#compare(value) >= 0;
      case "between": {
        const [first, last] = value as [unknown, unknown];
        return this.#compare(first) >= 0 && this.#compare(last) <= 0;
      }
      case "today":
        return (this.#day() === today) === value;
      case "daysAgo":
        return this.#day() === moveDay(today, -Number(value));
      case "inDays":
        return this.#day() === moveDay(today, Number(value));
      case "inLast":
        return this.#isWithin(value as Span, -1);
      case "inNext":
        return this.#isWithin(value as Span, 1);
      case "anniversary":
        return this.#hasAnniversary(moveDay(today, (value as { offsetDays: number }).offsetDays));
      case "month":
        return (value as number[]).includes(Number(this.#day().slice(5, 7)));
      case "weekday":
        return (value as number[]).includes(new Date(`${this.#day()}T00:00:00Z`).getUTCDay());
      default:
        return meetsEquality(operator, value, (other) => this.#compare(other) === 0);
    }
  }

  #dayOf(instant: number): string {
    return wallText(instant, this.#zone).slice(0, 10);
  }

  #day(): string {
    return this.#kind === "date" ? isoDay(this.#at) : this.#dayOf(this.#at);
  }

  #boundDay(value: unknown): string {
    const text = String(value);
    if (text === "today") return this.#dayOf(this.#now);
    return text.length === 10 ? text : this.#dayOf(Date.parse(text));
  }

  #compare(value: unknown): number {
    const text = String(value);
    const isDay = this.#kind === "date" || text.length === 10 || text === "today";
    if (!isDay) return Math.sign(this.#at - Date.parse(text));
    const [own, bound] = [this.#day(), this.#boundDay(value)];
    return own < bound ? -1 : own > bound ? 1 : 0;
  }

  #isWithin({ amount, unit }: Span, sign: 1 | -1): boolean {
    const other = this.#shifted(amount * sign, unit);
    const [from, to] = [Math.min(this.#now, other), Math.max(this.#now, other)];
    if (this.#kind !== "date") return this.#at >= from && this.#at <= to;
    return this.#day() >= this.#dayOf(from) && this.#day() <= this.#dayOf(to);
  }

  #shifted(amount: number, unit: Span["unit"]): number {
    if (unit === "minutes") return this.#now + amount * 60_000;
    if (unit === "hours") return this.#now + amount * 3_600_000;
    const wall = wallText(this.#now, this.#zone);
    const day = unit === "days"
      ? moveDay(wall, amount)
      : unit === "weeks"
      ? moveDay(wall, amount * 7)
      : moveMonths(wall, unit === "months" ? amount : amount * 12);
    const target = `${day}${wall.slice(10)}`;
    // All zones change their clocks at whole quarters of an hour.
    let instant = Date.parse(`${target}Z`) - 26 * 3_600_000;
    while (wallText(instant, this.#zone) < target) instant += quarterMs;
    return instant;
  }

  #hasAnniversary(target: string): boolean {
    const own = this.#kind === "timestamptz" ? this.#day() : isoDay(this.#at);
    if (own.slice(5) === target.slice(5)) return true;
    const isLeap = new Date(Date.UTC(Number(target.slice(0, 4)), 1, 29)).getUTCMonth() === 1;
    return own.slice(5) === "02-29" && target.slice(5) === "02-28" && !isLeap;
  }
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function moveDay(day: string, days: number): string {
  return isoDay(Date.parse(`${day.slice(0, 10)}T00:00:00Z`) + days * dayMs);
}

function moveMonths(day: string, months: number): string {
  const [year = 0, month = 0, date = 0] = day.slice(0, 10).split("-").map(Number);
  const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return isoDay(Date.UTC(year, month - 1 + months, Math.min(date, lastDay)));
}
