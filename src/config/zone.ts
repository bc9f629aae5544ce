import { nearest } from "./spelling.ts";

/**
 * Is this a name of the IANA time zone database? Offsets (`+02:00`) are refused although the
 * runtime takes them: they know no summer time, and Postgres reads their sign the other way round.
 */
export function isZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const areas = [
  "Europe",
  "America",
  "Asia",
  "Africa",
  "Australia",
  "Pacific",
  "Atlantic",
  "Indian",
] as const;

/** The zone that was most likely meant; the city alone (`Kyiv`, `new york`) is enough. */
export function nearestZone(text: string): string | undefined {
  const city = text.trim().toLowerCase().replace(/[ _]+/g, "_")
    .replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
  // Not every runtime lists the newer spellings that it knows, so the areas are tried.
  const inArea = areas.map((area) => `${area}/${city}`).find(isZone);
  return inArea ?? nearest(text, Intl.supportedValuesOf("timeZone"));
}

/** Is this an ISO 3166-1 alpha-2 code that is in use? */
export function isCountry(text: string): boolean {
  if (!/^[A-Z]{2}$/.test(text)) return false;
  return new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(text) !== undefined;
}

/** Is this a well-formed BCP 47 language tag? */
export function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** How far the zone is ahead of UTC at an instant, in ms. */
function offsetMs(instantMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instantMs);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  const shown = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return shown - Math.floor(instantMs / 1000) * 1000;
}

/**
 * The instant of a day (`2026-01-31`, its first moment in the zone; with `endOfDay` the first of
 * the next), of a timestamp without offset (in the zone), or of one with an offset. The text must
 * have passed `isMoment`. A wall time that summer time skips is the instant after the gap.
 */
export function instantOf(text: string, timeZone: string, endOfDay = false): Date {
  if (/(Z|[+-]\d{2}:?\d{2})$/.test(text) && text.length > 10) {
    return new Date(text.replace(" ", "T").replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
  }
  const isDay = text.length === 10;
  const wall = new Date(`${text.replace(" ", "T")}${isDay ? "T00:00:00" : ""}Z`);
  if (isDay && endOfDay) wall.setUTCDate(wall.getUTCDate() + 1);
  const before = offsetMs(wall.getTime() - 86_400_000, timeZone);
  const guess = wall.getTime() - before;
  const actual = offsetMs(guess, timeZone);
  if (actual === before) return new Date(guess);
  const second = wall.getTime() - actual;
  return new Date(offsetMs(second, timeZone) === actual ? second : guess);
}
