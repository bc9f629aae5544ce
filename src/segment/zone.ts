import type { Span } from "../config/condition_value.ts";

/**
 * A wall-clock reading: milliseconds since 1970-01-01 00:00 as if the clock on the wall were UTC.
 * It orders and subtracts like the calendar does, and knows no summer time.
 */
export type WallClock = number;

/** Milliseconds of a calendar day on the wall clock. */
export const dayMs = 86_400_000;

/** Calendar arithmetic in one IANA time zone. */
export interface Zone {
  readonly name: string;
  /** What the clocks of the zone show at that moment (milliseconds since the epoch). */
  wallOf(instantMs: number): WallClock;
  /**
   * The first moment at which the clocks show `wall` or, where summer time skips it, anything later.
   * A reading that occurs twice means its first occurrence.
   */
  instantOf(wall: WallClock): number;
}

/** The zone of that name. Throws a RangeError for a name that the runtime does not know. */
export function openZone(name: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    calendar: "gregory",
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const wallOf = (instantMs: number): WallClock => readWall(format, instantMs);
  return { name, wallOf, instantOf: (wall) => findInstant(wallOf, wall) };
}

function readWall(format: Intl.DateTimeFormat, instantMs: number): WallClock {
  const parts = new Map(
    format.formatToParts(instantMs).map(({ type, value }) => [type, value] as const),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
  const year = parts.get("era")?.startsWith("B") ? 1 - part("year") : part("year");
  const wall = utcOf(year, part("month"), part("day")) +
    ((part("hour") * 60 + part("minute")) * 60 + part("second")) * 1000;
  return wall + ((instantMs % 1000) + 1000) % 1000;
}

function findInstant(wallOf: (instantMs: number) => WallClock, wall: WallClock): number {
  const offsets = [-dayMs, dayMs].map((shift) => wallOf(wall + shift) - (wall + shift));
  const fitting = offsets.map((offset) => wall - offset)
    .filter((instantMs) => wallOf(instantMs) === wall);
  if (fitting.length > 0) return Math.min(...fitting);
  // Summer time skips this reading: the clocks pass it at the moment of the change.
  let [before, after] = [wall - Math.max(...offsets), wall - Math.min(...offsets)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (wallOf(middle) >= wall) after = middle;
    else before = middle;
  }
  return after;
}

/** Midnight at the beginning of a day of the calendar; years below 100 mean themselves. */
export function utcOf(year: number, month: number, day: number): WallClock {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

/** Midnight at the beginning of the day of `wall`. */
export function startOfDay(wall: WallClock): WallClock {
  return Math.floor(wall / dayMs) * dayMs;
}

/** Year, month (1–12) and day of `wall`. */
export function dateOf(wall: WallClock): { year: number; month: number; day: number } {
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
  };
}

/** `wall` moved by whole months; a day that the month does not have becomes its last. */
export function addMonths(wall: WallClock, months: number): WallClock {
  const { year, month, day } = dateOf(wall);
  const index = year * 12 + month - 1 + months;
  const [toYear, toMonth] = [Math.floor(index / 12), ((index % 12) + 12) % 12 + 1];
  const lastDay = dateOf(utcOf(toYear, toMonth + 1, 0)).day;
  return utcOf(toYear, toMonth, Math.min(day, lastDay)) + (wall - startOfDay(wall));
}

/**
 * The moment that lies `sign` times `span` from `nowMs`. Days and longer units count on the zone's
 * calendar (a day of 23 hours is a day), hours and minutes count as elapsed time.
 */
export function shiftInstant(zone: Zone, nowMs: number, span: Span, sign: 1 | -1): number {
  const amount = sign * span.amount;
  if (span.unit === "minutes") return nowMs + amount * 60_000;
  if (span.unit === "hours") return nowMs + amount * 3_600_000;
  const wall = zone.wallOf(nowMs);
  if (span.unit === "days") return zone.instantOf(wall + amount * dayMs);
  if (span.unit === "weeks") return zone.instantOf(wall + amount * 7 * dayMs);
  return zone.instantOf(addMonths(wall, span.unit === "months" ? amount : amount * 12));
}
