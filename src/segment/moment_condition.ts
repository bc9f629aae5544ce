import type { Span } from "../config/condition_value.ts";
import type { ConditionConfig } from "../config/model_segment.ts";
import { beyond, type Comparison, exactly, type Interval } from "./comparison.ts";
import type { Operand } from "./operand.ts";
import {
  dateOf,
  dayMs,
  shiftInstant,
  startOfDay,
  utcOf,
  type WallClock,
  type Zone,
} from "./zone.ts";

/** What "now" and "today" mean to the conditions of one evaluation. */
export interface Moment {
  /** Milliseconds since the epoch: the evaluation's now, never the database's. */
  readonly nowMs: number;
  readonly zone: Zone;
}

type MomentOperand = Extract<Operand, { family: "moment" }>;

/** A point on the time line, or a whole day of the calendar. */
type Bound =
  | { readonly kind: "day"; readonly day: WallClock }
  | { readonly kind: "instant"; readonly ms: number; readonly micros: number };

/**
 * What one operator asks of a moment, as a comparison; undefined when the operator is none that
 * compares moments. Bounds are literals computed for the segment's zone, so an index on the bare
 * column serves, and the customer's server need not know the zone.
 */
export function momentComparison(
  { operator, value }: ConditionConfig,
  operand: MomentOperand,
  moment: Moment,
): Comparison | undefined {
  const bound = (given: unknown) => readBound(String(given), moment);
  const compare = (sign: Sign, given: unknown) => compareTo(operand, sign, bound(given), moment);
  const equal = (given: unknown) => equalTo(operand, bound(given), moment);
  const today = startOfDay(moment.zone.wallOf(moment.nowMs));
  const onDay = (day: WallClock) => isOnDay(operand, day, moment);
  const within = (sign: 1 | -1) =>
    isWithin(operand, shiftInstant(moment.zone, moment.nowMs, value as Span, sign), moment);
  const comparison = (intervals: readonly Interval[], isNegated = false): Comparison => ({
    operand: operand.sql,
    type: operand.type,
    intervals,
    isNegated,
  });
  switch (operator) {
    case "equals":
    case "notEquals":
      return comparison([equal(value)], operator === "notEquals");
    case "in":
    case "notIn":
      return comparison((value as unknown[]).map(equal), operator === "notIn");
    case "on":
      return comparison([onDay(dayOfBound(bound(value), moment))]);
    case "before":
      return comparison([compare("<", value)]);
    case "after":
      return comparison([compare(">", value)]);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison([compare(operator, value)]);
    case "between": {
      const [first, last] = value as [unknown, unknown];
      const { lower } = compare(">=", first);
      return comparison([{ lower, upper: compare("<=", last).upper }]);
    }
    case "today":
      return comparison([onDay(today)], value !== true);
    case "inLast":
      return comparison([within(-1)]);
    case "inNext":
      return comparison([within(1)]);
    case "daysAgo":
      return comparison([onDay(today - (value as number) * dayMs)]);
    case "inDays":
      return comparison([onDay(today + (value as number) * dayMs)]);
    default:
      return undefined;
  }
}

/** SQL for an operator that asks the calendar of the column itself; undefined for all others. */
export function calendarCondition(
  { operator, value }: ConditionConfig,
  operand: MomentOperand,
  moment: Moment,
): string | undefined {
  const oneOf = () => `(${(value as number[]).join(", ")})`;
  if (operator === "month") {
    return `extract(month from ${wallSql(operand, moment)}) in ${oneOf()}`;
  }
  if (operator === "weekday") {
    return `extract(dow from ${wallSql(operand, moment)}) in ${oneOf()}`;
  }
  if (operator !== "anniversary") return undefined;
  const today = startOfDay(moment.zone.wallOf(moment.nowMs));
  return hasAnniversary(operand, today + (value as { offsetDays: number }).offsetDays * dayMs);
}

type Sign = "<" | "<=" | ">" | ">=";

function readBound(text: string, moment: Moment): Bound {
  if (text === "today") {
    return { kind: "day", day: startOfDay(moment.zone.wallOf(moment.nowMs)) };
  }
  const found =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)?)?$/
      .exec(text);
  if (found === null) throw new RangeError("a moment of a condition is no ISO 8601 text");
  const part = (index: number) => Number(found[index] ?? 0);
  const day = utcOf(part(1), part(2), part(3));
  if (found[4] === undefined) return { kind: "day", day };
  const fraction = (found[7] ?? "").padEnd(6, "0");
  const wall = day + ((part(4) * 60 + part(5)) * 60 + part(6)) * 1000 +
    Number(fraction.slice(0, 3));
  const micros = Number(fraction.slice(3));
  const offsetMs = readOffset(found[8]);
  const ms = offsetMs === undefined ? moment.zone.instantOf(wall) : wall - offsetMs;
  return { kind: "instant", ms, micros };
}

function readOffset(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === "Z") return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith("-") ? -minutes : minutes) * 60_000;
}

function dayOfBound(bound: Bound, moment: Moment): WallClock {
  return bound.kind === "day" ? bound.day : startOfDay(moment.zone.wallOf(bound.ms));
}

function equalTo(operand: MomentOperand, bound: Bound, moment: Moment): Interval {
  if (bound.kind === "day" || operand.type === "date") {
    return isOnDay(operand, dayOfBound(bound, moment), moment);
  }
  return exactly(instantLiteral(operand, bound.ms, bound.micros));
}

function isOnDay(operand: MomentOperand, day: WallClock, moment: Moment): Interval {
  if (operand.type === "date") return exactly(dateLiteral(day));
  const [start, end] = [moment.zone.instantOf(day), moment.zone.instantOf(day + dayMs)];
  return {
    lower: { literal: instantLiteral(operand, start), isIncluded: true },
    upper: { literal: instantLiteral(operand, end), isIncluded: false },
  };
}

/** A day as a bound is all of it: before its first moment, after its last. */
function compareTo(operand: MomentOperand, sign: Sign, bound: Bound, moment: Moment): Interval {
  if (operand.type === "date") return beyond(sign, dateLiteral(dayOfBound(bound, moment)));
  if (bound.kind === "instant") {
    return beyond(sign, instantLiteral(operand, bound.ms, bound.micros));
  }
  const isPastDay = sign === ">" || sign === "<=";
  const edge = moment.zone.instantOf(bound.day + (isPastDay ? dayMs : 0));
  return beyond(sign.startsWith(">") ? ">=" : "<", instantLiteral(operand, edge));
}

/** Between now and `otherMs`, both included; days count when they hold one of those moments. */
function isWithin(operand: MomentOperand, otherMs: number, moment: Moment): Interval {
  const [from, to] = [Math.min(moment.nowMs, otherMs), Math.max(moment.nowMs, otherMs)];
  const literal = operand.type === "date"
    ? (ms: number) => dateLiteral(startOfDay(moment.zone.wallOf(ms)))
    : (ms: number) => instantLiteral(operand, ms);
  return {
    lower: { literal: literal(from), isIncluded: true },
    upper: { literal: literal(to), isIncluded: true },
  };
}

/** Same month and day in whatever year; 29 February counts as 28 in years that have no 29. */
function hasAnniversary(operand: MomentOperand, target: WallClock): string {
  const { year, month, day } = dateOf(target);
  const isLeap = dateOf(utcOf(year, 3, 0)).day === 29;
  const days = month === 2 && day === 28 && !isLeap ? "28, 29" : String(day);
  return `(extract(month from ${operand.daySql}) = ${month} and extract(day from ${operand.daySql}) in (${days}))`;
}

/** What the clocks of the segment's zone showed at that moment. */
function wallSql(operand: MomentOperand, { zone }: Moment): string {
  if (operand.type === "date") return operand.sql;
  const instant = operand.type === "timestamp"
    ? `(${operand.sql} at time zone 'UTC')`
    : operand.sql;
  return `(${instant} at time zone '${zone.name.replaceAll("'", "''")}')`;
}

/** Years outside 1–9999 are beyond what the literals spell, and what anybody stores. */
const [earliestMs, latestMs] = [utcOf(1, 1, 1), utcOf(9999, 12, 31)];

function isoText(ms: number): string {
  return new Date(Math.min(Math.max(ms, earliestMs), latestMs)).toISOString();
}

function dateLiteral(day: WallClock): string {
  return `date '${isoText(day).slice(0, 10)}'`;
}

function instantLiteral(operand: MomentOperand, ms: number, micros = 0): string {
  const iso = isoText(ms);
  const fraction = `${iso.slice(20, 23)}${String(micros).padStart(3, "0")}`.replace(/0+$/, "");
  const text = `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === "" ? "" : `.${fraction}`}`;
  return operand.type === "timestamp" ? `timestamp '${text}'` : `timestamptz '${text}+00'`;
}
