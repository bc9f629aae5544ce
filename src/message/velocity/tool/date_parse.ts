import { parseDatePattern } from "./date_pattern.ts";
import type { DateField } from "./date_pattern.ts";
import { fixedOffsetOf, instantOf, utcOf } from "./zone.ts";

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  isAfternoon: boolean | undefined;
  offsetMinutes: number | undefined;
}

/**
 * Reads text as a lenient java.text.SimpleDateFormat does, `31` February becoming March, and ignores
 * what follows. Answers milliseconds since 1970, undefined where the text does not fit the pattern.
 */
export function parseDate(
  text: string,
  pattern: string,
  zone: string,
  locale: string,
): number | undefined {
  const parts = parseDatePattern(pattern);
  const fields: Fields = {
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
    isAfternoon: undefined,
    offsetMinutes: undefined,
  };
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    const next = part!.kind === "text"
      ? text.startsWith(part!.text, at) ? at + part!.text.length : undefined
      : readField(part!, text, at, fields, isNumeric(parts[i + 1]), locale);
    if (next === undefined) return undefined;
    at = next;
  }
  return momentOf(fields, zone);
}

function momentOf(fields: Fields, zone: string): number {
  const { year, month, day, minute, second, millisecond, isAfternoon, offsetMinutes } = fields;
  const hour = isAfternoon === undefined
    ? fields.hour
    : (fields.hour % 12) + (isAfternoon ? 12 : 0);
  const local = utcOf(year, month, day, hour, minute, second, millisecond);
  return offsetMinutes === undefined ? instantOf(local, zone) : local - offsetMinutes * 60_000;
}

function isNumeric(part: DateField | undefined): boolean {
  if (part === undefined || part.kind === "text") return false;
  return /[yYdHkKhmsSDFuwW]/.test(part.letter) || (/[ML]/.test(part.letter) && part.width < 3);
}

/** Reads one field; answers where it ends. A number beside another takes its width, else all digits. */
function readField(
  part: Extract<DateField, { kind: "field" }>,
  text: string,
  at: number,
  fields: Fields,
  isTight: boolean,
  locale: string,
): number | undefined {
  const { letter, width } = part;
  if (/[ML]/.test(letter) && width >= 3) return readMonth(text, at, fields, locale);
  if (letter === "E") return skipName(text, at);
  if (letter === "G") return skipName(text, at);
  if (letter === "a") return readHalf(text, at, fields);
  if (/[zZX]/.test(letter)) return readZone(text, at, fields);
  const digits = isTight ? new RegExp(`[ ]*(-?\\d{1,${width}})`, "y") : /[ ]*(-?\d{1,9})/y;
  digits.lastIndex = at;
  const match = digits.exec(text);
  if (match === null) return undefined;
  store(letter, width, match[1]!, fields);
  return at + match[0].length;
}

function store(letter: string, width: number, digits: string, fields: Fields): void {
  const value = Number(digits);
  switch (letter) {
    case "y":
    case "Y":
      fields.year = width <= 2 && digits.length === 2 ? nearCentury(value) : value;
      break;
    case "M":
    case "L":
      fields.month = value;
      break;
    case "d":
      fields.day = value;
      break;
    case "D":
      fields.month = 1;
      fields.day = value;
      break;
    case "H":
    case "K":
      fields.hour = value;
      break;
    case "k":
      fields.hour = value === 24 ? 0 : value;
      break;
    case "h":
      fields.hour = value === 12 ? 0 : value;
      break;
    case "m":
      fields.minute = value;
      break;
    case "s":
      fields.second = value;
      break;
    case "S":
      fields.millisecond = value;
  }
}

/** Two digits mean the year within 80 years before and 20 after today, as in Java. */
function nearCentury(value: number): number {
  const start = new Date().getUTCFullYear() - 80;
  const year = Math.floor(start / 100) * 100 + value;
  return year < start ? year + 100 : year;
}

function readMonth(text: string, at: number, fields: Fields, locale: string): number | undefined {
  const rest = text.slice(at, at + 40).toLowerCase();
  let best = 0;
  for (const month of ["long", "short"] as const) {
    for (const options of [{ month }, { month, day: "numeric" } as const]) {
      const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
      for (let number = 1; number <= 12; number++) {
        const parts = format.formatToParts(Date.UTC(2000, number - 1, 15));
        const name = parts.find((part) => part.type === "month")?.value.toLowerCase() ?? "";
        if (name.length <= best || !rest.startsWith(name)) continue;
        best = name.length;
        fields.month = number;
      }
    }
  }
  return best === 0 ? undefined : at + best;
}

function skipName(text: string, at: number): number | undefined {
  const letters = /\p{L}+\.?/uy;
  letters.lastIndex = at;
  const match = letters.exec(text);
  return match === null ? undefined : at + match[0].length;
}

function readHalf(text: string, at: number, fields: Fields): number | undefined {
  const match = /^[ap]m/i.exec(text.slice(at, at + 2));
  if (match === null) return undefined;
  fields.isAfternoon = match[0][0]!.toLowerCase() === "p";
  return at + 2;
}

function readZone(text: string, at: number, fields: Fields): number | undefined {
  const zone = /(?:GMT|UTC|UT)?[+-]\d{2}:?(?:\d{2})?|GMT|UTC|UT|Z/y;
  zone.lastIndex = at;
  const match = zone.exec(text);
  if (match === null) return undefined;
  fields.offsetMinutes = fixedOffsetOf(match[0]);
  return fields.offsetMinutes === undefined ? undefined : at + match[0].length;
}
