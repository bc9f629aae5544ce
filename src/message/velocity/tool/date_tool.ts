import { MethodFailure, methodTable } from "../method_table.ts";
import { isInteger, isNumber, toDouble } from "../number.ts";
import type { RenderState } from "../state.ts";
import { Tool } from "../tool.ts";
import { numberArgument } from "./argument.ts";
import { formatDate } from "./date_format.ts";
import { parseDate } from "./date_parse.ts";
import { instantOf, isZone, offsetMinutesAt, utcOf } from "./zone.ts";

/** What dates are read as where no pattern is given; rows carry ISO 8601 with `Z` or an offset. */
const inputPatterns = [
  ...["XXX", "XX", "X"].map((zone) => `yyyy-MM-dd'T'HH:mm:ss.SSS${zone}`),
  ...["XXX", "XX", "X"].map((zone) => `yyyy-MM-dd'T'HH:mm:ss${zone}`),
  "yyyy-MM-dd'T'HH:mm:ss",
  "dd/MM/yyyy HH:mm:ss",
  "dd/MM/yyyy HH:mm",
  "dd/MM/yyyy",
  "yyyy-MM-dd'T'HH:mm",
  "yyyy-MM-dd",
];

/** What dates are written as where no pattern is given and none was read. */
const defaultPattern = "dd/MM/yyyy HH:mm";

/** A date that was read, and the pattern that read it: results are written with it. */
interface Moment {
  readonly epochMs: number;
  readonly pattern: string;
}

type Unit = "YEARS" | "MONTHS" | "DAYS" | "HOURS" | "MINUTES";

const unitMs: Readonly<Record<string, number>> = {
  DAYS: 86_400_000,
  HOURS: 3_600_000,
  MINUTES: 60_000,
};

function momentOf(state: RenderState, value: unknown, pattern?: unknown): Moment | undefined {
  if (value === null || value === undefined) return undefined;
  const fallback = typeof pattern === "string" ? pattern : defaultPattern;
  if (value instanceof Date) return { epochMs: value.getTime(), pattern: fallback! };
  if (isNumber(value)) return { epochMs: toDouble(value), pattern: fallback! };
  const text = String(value).slice(0, 100);
  const { timezone, locale, now } = state.environment;
  for (const candidate of typeof pattern === "string" ? [pattern] : inputPatterns) {
    const epochMs = parseDate(text, candidate, timezone, locale, now);
    if (epochMs !== undefined) return { epochMs, pattern: candidate };
  }
  const known = typeof pattern === "string" ? `the pattern '${pattern}'` : "a default pattern";
  throw new MethodFailure(`was given a date that does not fit ${known}`);
}

function write(state: RenderState, epochMs: number, pattern: string, zone: string): string {
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) throw new MethodFailure("was given a date out of range");
  return formatDate(date, pattern, zone, state.environment.locale);
}

/** Adds in local time: a day keeps its hour over a clock change, a month ends at its last day. */
function add(unit: Unit) {
  return (
    _: Tool,
    [date, amount, input, output]: readonly unknown[],
    state: RenderState,
  ): unknown => {
    const moment = momentOf(state, date, input);
    const count = numberArgument(amount);
    if (moment === undefined || count === undefined) return null;
    const { timezone } = state.environment;
    const epochMs = shift(moment.epochMs, Math.trunc(toDouble(count)), unit, timezone);
    if (typeof output === "string") return write(state, epochMs, output, timezone);
    // ISO text with a zone that was read without a pattern is written in UTC, as rows have it.
    const isRow = typeof input !== "string" && moment.pattern.endsWith("X");
    return write(state, epochMs, moment.pattern, isRow ? "UTC" : timezone);
  };
}

function shift(epochMs: number, count: number, unit: Unit, zone: string): number {
  if (unit === "HOURS" || unit === "MINUTES") return epochMs + count * unitMs[unit]!;
  const offset = offsetMinutesAt(epochMs, zone);
  const local = new Date(epochMs + offset * 60_000);
  const months = unit === "YEARS" ? count * 12 : unit === "MONTHS" ? count : 0;
  const year = local.getUTCFullYear();
  const month = local.getUTCMonth() + 1 + months;
  const lastDay = new Date(utcOf(year, month + 1, 0, 0, 0, 0, 0)).getUTCDate();
  const day = unit === "DAYS" ? local.getUTCDate() + count : Math.min(local.getUTCDate(), lastDay);
  const time = ((local.getTime() % 86_400_000) + 86_400_000) % 86_400_000;
  const moved = utcOf(year, month, day, 0, 0, 0, 0) + time;
  return instantOf(moved, zone, unit === "DAYS" ? offset : undefined);
}

/** Whole units from the first date to the second, toward zero. */
function difference(_: Tool, args: readonly unknown[], state: RenderState): unknown {
  const [first, second] = args;
  const unit = args[args.length - 1];
  const pattern = args.length === 4 ? args[2] : undefined;
  if (typeof unit !== "string" || !/^(?:YEARS|MONTHS|DAYS|HOURS|MINUTES)$/.test(unit)) {
    throw new MethodFailure("needs a unit: YEARS, MONTHS, DAYS, HOURS or MINUTES");
  }
  const from = momentOf(state, first, pattern);
  const to = momentOf(state, second, pattern);
  if (from === undefined || to === undefined) return null;
  const { timezone } = state.environment;
  if (unit === "YEARS" || unit === "MONTHS") {
    const months = monthsBetween(from.epochMs, to.epochMs, timezone);
    return Math.trunc(unit === "YEARS" ? months / 12 : months) + 0;
  }
  const local = (epochMs: number) => epochMs + offsetMinutesAt(epochMs, timezone) * 60_000;
  const span = unit === "DAYS"
    ? local(to.epochMs) - local(from.epochMs)
    : to.epochMs - from.epochMs;
  return Math.trunc(span / unitMs[unit]!) + 0;
}

function monthsBetween(from: number, to: number, zone: string): number {
  if (to < from) return -monthsBetween(to, from, zone);
  const [start, end] = [from, to].map((ms) => new Date(ms + offsetMinutesAt(ms, zone) * 60_000));
  const months = (end!.getUTCFullYear() - start!.getUTCFullYear()) * 12 + end!.getUTCMonth() -
    start!.getUTCMonth();
  const rest = (date: Date) =>
    date.getUTCDate() * 86_400_000 + (date.getTime() % 86_400_000 + 86_400_000) % 86_400_000;
  return rest(end!) < rest(start!) ? months - 1 : months;
}

function requireZone(zone: unknown): string {
  if (typeof zone === "string" && isZone(zone)) return zone;
  throw new MethodFailure("was given an unknown time zone, such as 'GMT+3' or 'Europe/Berlin'");
}

/** A moment for formatting: milliseconds as a number or as text, a date, or text that is one. */
function millisecondsOf(state: RenderState, value: unknown): number | undefined {
  if (typeof value === "string" && /^-?\d{9,15}$/.test(value)) return Number(value);
  return isInteger(value) ? Number(value) : momentOf(state, value)?.epochMs;
}

/** `$dateTool`: patterns are SimpleDateFormat's; zones are the organisation's unless said otherwise. */
export const dateTool: Tool = new Tool(
  "dateTool",
  methodTable<Tool>({
    "currentDate()": (_, __, state) =>
      write(state, state.environment.now.getTime(), defaultPattern, state.environment.timezone),
    "currentDate(text)": (_, [pattern], state) =>
      write(state, state.environment.now.getTime(), String(pattern), state.environment.timezone),
    "currentDate(text,text)": (_, [pattern, zone], state) =>
      formatDate(
        state.environment.now,
        String(pattern),
        requireZone(zone),
        state.environment.locale,
      ),
    "currentTimeStamp()": (_, __, state) => state.environment.now.getTime(),
    "formatDate(text,any)": (_, [pattern, value], state) => {
      const epochMs = millisecondsOf(state, value);
      return epochMs === undefined
        ? null
        : write(state, epochMs, String(pattern), state.environment.timezone);
    },
    "formatInContactTimezone(text,any)": (_, [pattern, value], state) => {
      const moment = momentOf(state, value);
      const { contactTimezone } = state.environment;
      return moment === undefined
        ? null
        : write(state, moment.epochMs, String(pattern), contactTimezone);
    },
    ...adders("addYears", "YEARS"),
    ...adders("addMonths", "MONTHS"),
    ...adders("addDays", "DAYS"),
    ...adders("addHours", "HOURS"),
    ...adders("addMinutes", "MINUTES"),
    "diff(any,any,text)": difference,
    "diff(any,any,text,text)": difference,
  }),
);

function adders(name: string, unit: Unit): Record<string, ReturnType<typeof add>> {
  const run = add(unit);
  return {
    [`${name}(any,any)`]: run,
    [`${name}(any,any,text)`]: run,
    [`${name}(any,any,text,text)`]: run,
  };
}
