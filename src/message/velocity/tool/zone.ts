import { MethodFailure } from "../method_table.ts";

/** A moment as a calendar and clock in one zone show it. `month` is 1–12, `weekday` 0 is Sunday. */
export interface ZonedFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly weekday: number;
  readonly offsetMinutes: number;
  readonly zoneName: string;
  readonly zone: string;
}

const fixedOffset = /^(?:GMT|UTC|UT)?([+-])(\d{1,2})(?::?(\d{2}))?$/;

/** Minutes east of UTC for `GMT+3`, `+03:00` and the like; undefined for a zone's name. */
export function fixedOffsetOf(zone: string): number | undefined {
  if (/^(?:GMT|UTC|UT|Z|Etc\/UTC)$/.test(zone)) return 0;
  const match = fixedOffset.exec(zone);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  if (Number(match[2]) > 23 || Number(match[3] ?? 0) > 59) return undefined;
  return match[1] === "-" ? -minutes : minutes;
}

/** Whether the runtime knows the zone, by name or as an offset. */
export function isZone(zone: string): boolean {
  if (fixedOffsetOf(zone) !== undefined) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Two days less than what a Date can hold, so that no zone's offset leads beyond. */
const maxEpochMs = 8.64e15 - 2 * 86_400_000;

const dayMs = 86_400_000;

/** Minutes that the zone is ahead of UTC at a moment. The zone must be known. Throws MethodFailure out of range. */
export function offsetMinutesAt(epochMs: number, zone: string): number {
  if (!(Math.abs(epochMs) <= maxEpochMs)) throw new MethodFailure("was given a date out of range");
  const fixed = fixedOffsetOf(zone);
  if (fixed !== undefined) return fixed;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(epochMs)) parts[type] = value;
  const year = parts.era?.startsWith("B") ? 1 - Number(parts.year) : Number(parts.year);
  const local = utcOf(
    year,
    Number(parts.month),
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
    Number(parts.second),
    0,
  );
  return Math.round((local - Math.floor(epochMs / 1000) * 1000) / 60_000);
}

/** Milliseconds since 1970 for fields read as UTC; months and days may run over, as in a lenient calendar. */
export function utcOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millisecond);
  return date.getTime();
}

/**
 * The moment that local fields name in a zone. In a gap it is the time after it; in an overlap that of
 * the offset at hand where it has one, else the second, as java.util.GregorianCalendar chooses.
 */
export function instantOf(localMs: number, zone: string, offsetAtHand?: number): number {
  const [before, after] = [localMs - dayMs, localMs + dayMs].map((ms) => offsetMinutesAt(ms, zone));
  if (before === after) return localMs - before! * 60_000;
  const moments = [before!, after!].map((minutes) => ({
    minutes,
    epochMs: localMs - minutes * 60_000,
  }));
  const named = moments.filter(({ minutes, epochMs }) =>
    offsetMinutesAt(epochMs, zone) === minutes
  );
  const atHand = named.find(({ minutes }) => minutes === offsetAtHand);
  if (atHand !== undefined) return atHand.epochMs;
  return Math.max(...(named.length > 0 ? named : moments).map(({ epochMs }) => epochMs));
}

/** Takes a moment apart in a zone. */
export function zonedFields(date: Date, zone: string): ZonedFields {
  const offsetMinutes = offsetMinutesAt(date.getTime(), zone);
  const local = new Date(date.getTime() + offsetMinutes * 60_000);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    weekday: local.getUTCDay(),
    offsetMinutes,
    get zoneName() {
      return zoneNameAt(date, zone);
    },
    zone,
  };
}

/** `+03:00`. */
function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const digits = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0"));
  return (minutes < 0 ? "-" : "+") + digits.join(":");
}

function zoneNameAt(date: Date, zone: string): string {
  const fixed = fixedOffsetOf(zone);
  if (fixed === 0) return zone.startsWith("GMT") ? "GMT" : "UTC";
  if (fixed !== undefined) return `GMT${offsetText(fixed)}`;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" });
  return format.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? zone;
}
