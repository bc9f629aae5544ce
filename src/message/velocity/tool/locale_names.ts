/** How long a name is written. */
export type NameWidth = "long" | "short";

/** `format` is the form beside other fields, `alone` the one of a name by itself. */
export type NameForm = "format" | "alone";

/** Noon, so that the day is the same in UTC whatever is asked for beside it. */
function noonOf(month: number, day: number): Date {
  return new Date(Date.UTC(2001, month - 1, day, 12));
}

function partsOf(
  locale: string,
  options: Intl.DateTimeFormatOptions,
  date: Date,
): Intl.DateTimeFormatPart[] {
  const format = new Intl.DateTimeFormat(locale, {
    ...options,
    timeZone: "UTC",
    calendar: "gregory",
  });
  return format.formatToParts(date);
}

function partOf(parts: readonly Intl.DateTimeFormatPart[], type: string): string {
  return parts.find((part) => part.type === type)?.value ?? "";
}

/** Fields beside a month's name with which some language writes the name in that form. */
const besideMonth: Readonly<Record<NameForm, readonly Intl.DateTimeFormatOptions[]>> = {
  format: [
    { day: "numeric", year: "numeric" },
    { day: "numeric", year: "numeric", weekday: "long" },
    { day: "numeric", year: "numeric", era: "short" },
    { hour: "numeric" },
  ],
  alone: [{}, { hour: "numeric" }, { day: "numeric", year: "numeric", weekday: "long" }],
};

/** The name of a month, 1–12. Where a language has none among numbers, what it writes alone. */
export function monthName(
  month: number,
  width: NameWidth,
  form: NameForm,
  locale: string,
): string {
  const date = noonOf(month, 15);
  for (const beside of besideMonth[form]) {
    const name = partOf(partsOf(locale, { ...beside, month: width }, date), "month");
    if (name !== "" && !/^\p{Nd}+$/u.test(name)) return name;
  }
  return partsOf(locale, { month: width }, date).map(({ value }) => value).join("");
}

/** The name of a weekday, 0 is Sunday, as it stands beside a date. */
export function weekdayName(weekday: number, width: NameWidth, locale: string): string {
  const options = { weekday: width, day: "numeric" } as const;
  return partOf(partsOf(locale, options, noonOf(7, weekday + 1)), "weekday");
}

/** The short name of the era before or after the year 1. */
export function eraName(isAfter: boolean, locale: string): string {
  const date = new Date(Date.UTC(isAfter ? 2001 : -2001, 6, 1));
  return partOf(partsOf(locale, { era: "short", year: "numeric" }, date), "era");
}

/** The locale's AM or PM. */
export function dayPeriodName(isAfternoon: boolean, locale: string): string {
  const date = new Date(Date.UTC(2001, 6, 1, isAfternoon ? 15 : 10));
  const name = partOf(
    partsOf(locale, { hour: "numeric", hourCycle: "h12" }, date),
    "dayPeriod",
  );
  return name || (isAfternoon ? "PM" : "AM");
}
