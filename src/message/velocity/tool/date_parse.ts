import { CalendarFields } from "./calendar_fields.ts";
import type { CalendarField } from "./calendar_fields.ts";
import { parseDatePattern } from "./date_pattern.ts";
import type { DateField } from "./date_pattern.ts";
import { matchName } from "./date_symbols.ts";
import { localDigits } from "./decimal_symbols.ts";
import { weekRulesOf } from "./week.ts";
import { readIsoZone, readZone } from "./zone_parse.ts";

type Field = Extract<DateField, { kind: "field" }>;

/** What reading depends on. `now` places years of two digits; undefined means the present. */
interface Reader {
  readonly text: string;
  readonly locale: string;
  readonly fields: CalendarFields;
  readonly now: Date;
}

/**
 * Reads text as a lenient java.text.SimpleDateFormat does, `31` February becoming March, and ignores
 * what follows. Answers milliseconds since 1970, undefined where the text does not fit the pattern.
 * Throws MethodFailure for a pattern that Java refuses.
 */
export function parseDate(
  text: string,
  pattern: string,
  zone: string,
  locale: string,
  now = new Date(),
): number | undefined {
  const parts = parseDatePattern(pattern);
  const reader = { text: latin(text, locale), locale, fields: new CalendarFields(), now };
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const next = part.kind === "text"
      ? reader.text.startsWith(part.text, at) ? at + part.text.length : undefined
      : readField(part, reader, at, isNumeric(parts[i + 1]));
    if (next === undefined) return undefined;
    at = next;
  }
  return reader.fields.resolve(zone, weekRulesOf(locale), now);
}

/** The text with the locale's digits as ASCII ones. */
function latin(text: string, locale: string): string {
  const digits = localDigits(locale);
  if (digits[0] === "0") return text;
  return text.replace(/\p{Nd}/gu, (digit) => {
    const value = digits.indexOf(digit);
    return value < 0 ? digit : String(value);
  });
}

function isNumeric(part: DateField | undefined): boolean {
  if (part === undefined || part.kind === "text") return false;
  return /[yYdHkKhmsSDFuwW]/.test(part.letter) || (/[ML]/.test(part.letter) && part.width < 3);
}

/** Reads one field; answers where it ends. A number beside another takes its width, else all digits. */
function readField(
  part: Field,
  reader: Reader,
  start: number,
  isTight: boolean,
): number | undefined {
  const { letter, width } = part;
  const { text, fields, locale } = reader;
  let at = start;
  while (text[at] === " " || text[at] === "\t") at++;
  if (at >= text.length) return undefined;
  if (/[EGa]/.test(letter) || (/[ML]/.test(letter) && width >= 3)) {
    // Java skips no blanks before a name.
    const match = matchName(letter, text, start, locale);
    if (match === undefined) return undefined;
    fields.set(namedFields[letter]!, match.value + (letter === "E" ? 1 : 0));
    return start + match.length;
  }
  if (/[zZX]/.test(letter)) {
    const zone = letter === "X" ? readIsoZone(text, at, width) : readZone(text, at);
    if (zone !== undefined) fields.set("offset", zone.offsetMinutes);
    return zone?.end;
  }
  const end = isTight ? start + width : text.length;
  if (end > text.length) return undefined;
  const digits = /-?\d+/y;
  digits.lastIndex = at;
  const found = digits.exec(text.slice(0, end))?.[0];
  if (found === undefined) return undefined;
  storeNumber(part, found, reader);
  return at + found.length;
}

const namedFields: Readonly<Record<string, CalendarField>> = {
  M: "month",
  L: "month",
  E: "dayOfWeek",
  G: "era",
  a: "half",
};

const numberedFields: Readonly<Record<string, CalendarField>> = {
  y: "year",
  Y: "weekYear",
  d: "day",
  H: "hourOfDay",
  K: "hour",
  m: "minute",
  s: "second",
  S: "millisecond",
  D: "dayOfYear",
  F: "dayOfWeekInMonth",
  w: "weekOfYear",
  W: "weekOfMonth",
};

function storeNumber({ letter, width }: Field, digits: string, { fields, now }: Reader): void {
  const value = intOf(digits);
  switch (letter) {
    case "y":
    case "Y":
      if (width <= 2 && /^\d\d$/.test(digits)) {
        fields.setShortYear(numberedFields[letter]!, value, now);
      } else fields.set(numberedFields[letter]!, value);
      return;
    case "M":
    case "L":
      return fields.set("month", value - 1);
    case "k":
      return fields.set("hourOfDay", value === 24 ? 0 : value);
    case "h":
      return fields.set("hour", value === 12 ? 0 : value);
    case "u":
      // 1 is Monday; the calendar counts from Sunday. What is no day is resolved leniently.
      return fields.set("dayOfWeek", value >= 1 && value <= 7 ? (value % 7) + 1 : value);
    default:
      return fields.set(numberedFields[letter]!, value);
  }
}

/** As Java narrows a number to an int: whole longs wrap, beyond they saturate. */
function intOf(digits: string): number {
  if (digits.length < 10) return Number(digits) + 0;
  const value = BigInt(digits);
  if (BigInt.asIntN(64, value) === value) return Number(BigInt.asIntN(32, value));
  return value > 0n ? 2 ** 31 - 1 : -(2 ** 31);
}
