import { parseDatePattern } from "./date_pattern.ts";
import type { DateField } from "./date_pattern.ts";
import { zonedFields } from "./zone.ts";
import type { ZonedFields } from "./zone.ts";

type Field = Extract<DateField, { kind: "field" }>;

/** Formats a moment as java.text.SimpleDateFormat does, with the names of the locale. */
export function formatDate(date: Date, pattern: string, zone: string, locale: string): string {
  const parsed = parseDatePattern(pattern);
  const fields = zonedFields(date, zone);
  return parsed.map((part) =>
    part.kind === "text" ? part.text : formatField(part, fields, date, locale, parsed)
  ).join("");
}

function formatField(
  { letter, width }: Field,
  at: ZonedFields,
  date: Date,
  locale: string,
  all: readonly DateField[],
): string {
  switch (letter) {
    case "y":
    case "Y":
      return year(letter === "y" ? at.year : weekYear(at), width);
    case "M":
    case "L":
      return width >= 3
        ? monthName(at, width, locale, letter === "M" && all)
        : pad(at.month, width);
    case "E":
      return name(at, { weekday: width >= 4 ? "long" : "short" }, "weekday", locale);
    case "G":
      return at.year > 0 ? "AD" : "BC";
    case "a":
      return dayPeriod(at, locale);
    case "z":
      return width >= 4 ? longZone(date, at, locale) : at.zoneName;
    case "Z":
      return offset(at.offsetMinutes, "", 4);
    case "X":
      return at.offsetMinutes === 0
        ? "Z"
        : offset(at.offsetMinutes, width === 3 ? ":" : "", width === 1 ? 2 : 4);
  }
  return pad(numberOf(letter, at), width);
}

function numberOf(letter: string, at: ZonedFields): number {
  switch (letter) {
    case "d":
      return at.day;
    case "H":
      return at.hour;
    case "k":
      return at.hour === 0 ? 24 : at.hour;
    case "K":
      return at.hour % 12;
    case "h":
      return at.hour % 12 === 0 ? 12 : at.hour % 12;
    case "m":
      return at.minute;
    case "s":
      return at.second;
    case "S":
      return at.millisecond;
    case "u":
      return at.weekday === 0 ? 7 : at.weekday;
    case "D":
      return dayOfYear(at);
    case "F":
      return Math.floor((at.day - 1) / 7) + 1;
    case "W":
      return weekOf(at.day, at.weekday);
    default:
      return weekOfYear(at);
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function year(value: number, width: number): string {
  const shown = value > 0 ? value : 1 - value;
  return width === 2 ? pad(shown % 100, 2) : pad(shown, width);
}

function dayOfYear(at: ZonedFields): number {
  return Math.round((Date.UTC(2000, at.month - 1, at.day) - Date.UTC(2000, 0, 1)) / 86_400_000) +
    1 -
    (at.month > 2 && !isLeap(at.year) ? 1 : 0);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Weeks begin on Sunday and the first holds the 1st, as in Java's default English locale. */
function weekOf(day: number, weekday: number): number {
  const firstWeekday = (((weekday - (day - 1)) % 7) + 7) % 7;
  return Math.floor((day - 1 + firstWeekday) / 7) + 1;
}

function weekOfYear(at: ZonedFields): number {
  return weekYear(at) === at.year ? weekOf(dayOfYear(at), at.weekday) : 1;
}

function weekYear(at: ZonedFields): number {
  const daysLeft = (isLeap(at.year) ? 366 : 365) - dayOfYear(at);
  return daysLeft < 6 - at.weekday ? at.year + 1 : at.year;
}

function offset(minutes: number, separator: string, digits: number): string {
  const size = Math.abs(minutes);
  const hours = pad(Math.floor(size / 60), 2);
  return (minutes < 0 ? "-" : "+") + hours + (digits === 2 ? "" : separator + pad(size % 60, 2));
}

/** A month's name: beside a day in the form that the language uses with one. */
function monthName(
  at: ZonedFields,
  width: number,
  locale: string,
  all: readonly DateField[] | false,
): string {
  const hasDay = all !== false && all.some((part) => part.kind === "field" && part.letter === "d");
  const month = width >= 4 ? "long" : "short";
  return name(at, hasDay ? { month, day: "numeric" } : { month }, "month", locale);
}

function name(
  at: ZonedFields,
  options: Intl.DateTimeFormatOptions,
  type: string,
  locale: string,
): string {
  const day = new Date(Date.UTC(2000, at.month - 1, at.day, at.hour));
  day.setUTCFullYear(at.year);
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  return format.formatToParts(day).find((part) => part.type === type)?.value ?? "";
}

function dayPeriod(at: ZonedFields, locale: string): string {
  const format = { hour: "numeric", hourCycle: "h12" } as const;
  return name(at, format, "dayPeriod", locale) || (at.hour < 12 ? "AM" : "PM");
}

function longZone(date: Date, at: ZonedFields, locale: string): string {
  if (!at.zone.includes("/")) return at.zoneName;
  const format = new Intl.DateTimeFormat(locale, { timeZone: at.zone, timeZoneName: "long" });
  return format.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ??
    at.zoneName;
}
