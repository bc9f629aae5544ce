import { parseDatePattern } from "./date_pattern.ts";
import type { DateField } from "./date_pattern.ts";
import { localDigits } from "./decimal_symbols.ts";
import { dayPeriodName, eraName, monthNamer, weekdayNamer } from "./locale_names.ts";
import { daysIn, weekOfMonth, weekOfYear, weekRulesOf } from "./week.ts";
import { zonedFields } from "./zone.ts";
import type { ZonedFields } from "./zone.ts";

type Field = Extract<DateField, { kind: "field" }>;

/**
 * Formats a moment as java.text.SimpleDateFormat does, with the names, weeks and digits of the
 * locale. Days before 1583 are those of the Gregorian calendar, as in Postgres. Throws MethodFailure
 * for a pattern that Java refuses.
 */
export function formatDate(date: Date, pattern: string, zone: string, locale: string): string {
  const parsed = parseDatePattern(pattern);
  const fields = zonedFields(date, zone);
  const isNameAlone = parsed.filter((part) => part.kind === "field").length === 1;
  const digits = localDigits(locale);
  const local = (text: string) => text.replace(/\d/g, (digit) => digits[Number(digit)]!);
  return parsed.map((part) => {
    if (part.kind === "text") return part.text;
    return nameOf(part, fields, isNameAlone, locale) ?? zoneOf(part, fields, date, locale) ??
      local(numberOf(part, fields, locale));
  }).join("");
}

/** A field that is written as a name; undefined for the others. */
function nameOf(
  { letter, width }: Field,
  at: ZonedFields,
  isAlone: boolean,
  locale: string,
): string | undefined {
  const nameWidth = width >= 4 ? "long" : "short";
  switch (letter) {
    case "M":
      return width < 3
        ? undefined
        : monthNamer(nameWidth, isAlone ? "alone" : "format", locale)(at.month);
    case "L":
      return width < 3 ? undefined : monthNamer(nameWidth, "alone", locale)(at.month);
    case "E":
      return weekdayNamer(nameWidth, locale)(at.weekday);
    case "G":
      return eraName(at.year > 0, locale);
    case "a":
      return dayPeriodName(at.hour >= 12, locale);
  }
  return undefined;
}

/** A field that tells the zone; undefined for the others. */
function zoneOf(
  { letter, width }: Field,
  at: ZonedFields,
  date: Date,
  locale: string,
): string | undefined {
  switch (letter) {
    case "z":
      return width >= 4 ? longZone(date, at, locale) : at.zoneName;
    case "Z":
      return offset(at.offsetMinutes, "", 4);
    case "X":
      return at.offsetMinutes === 0
        ? "Z"
        : offset(at.offsetMinutes, width === 3 ? ":" : "", width === 1 ? 2 : 4);
  }
  return undefined;
}

function numberOf({ letter, width }: Field, at: ZonedFields, locale: string): string {
  if (letter === "y") return year(at.year, width);
  if (letter === "Y") return year(weekOfYear(dayOf(at), weekRulesOf(locale)).year, width);
  return pad(count(letter, at, locale), width);
}

function count(letter: string, at: ZonedFields, locale: string): number {
  switch (letter) {
    case "M":
    case "L":
      return at.month;
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
      return weekOfMonth(dayOf(at), weekRulesOf(locale));
    default:
      return weekOfYear(dayOf(at), weekRulesOf(locale)).week;
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

/** The year of its era; of width 2 its last two digits. */
function year(value: number, width: number): string {
  const shown = value > 0 ? value : 1 - value;
  return width === 2 ? pad(shown % 100, 2) : pad(shown, width);
}

function dayOf({ year, day, month, weekday }: ZonedFields) {
  return { year, day, weekday, dayOfYear: dayOfYear({ year, month, day }) };
}

function dayOfYear({ year, month, day }: Pick<ZonedFields, "year" | "month" | "day">): number {
  const inLeapYear = Math.round(
    (Date.UTC(2000, month - 1, day) - Date.UTC(2000, 0, 1)) / 86_400_000,
  );
  return inLeapYear + 1 - (month > 2 && daysIn(year) === 365 ? 1 : 0);
}

function offset(minutes: number, separator: string, digits: number): string {
  const size = Math.abs(minutes);
  const hours = pad(Math.floor(size / 60), 2);
  return (minutes < 0 ? "-" : "+") + hours + (digits === 2 ? "" : separator + pad(size % 60, 2));
}

function longZone(date: Date, at: ZonedFields, locale: string): string {
  if (!at.zone.includes("/")) return at.zoneName;
  const format = new Intl.DateTimeFormat(locale, { timeZone: at.zone, timeZoneName: "long" });
  return format.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ??
    at.zoneName;
}
