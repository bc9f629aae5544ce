/** How long a name is written. */
export type NameWidth = "long" | "short";

/** `format` is the form beside other fields, `alone` the one of a name by itself. */
export type NameForm = "format" | "alone";

/** Noon, so that the day is the same in UTC whatever is asked for beside it. */
function noonOf(month: number, day: number): Date {
  return new Date(Date.UTC(2001, month - 1, day, 12));
}

function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC", calendar: "gregory" });
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

/** Names the months, 1–12. Where a language has none among numbers, what it writes alone. */
export function monthNamer(
  width: NameWidth,
  form: NameForm,
  locale: string,
): (month: number) => string {
  const formats: Intl.DateTimeFormat[] = [];
  return (month) => {
    const date = noonOf(month, 15);
    for (const [index, beside] of besideMonth[form].entries()) {
      formats[index] ??= formatOf(locale, { ...beside, month: width });
      const name = partOf(formats[index].formatToParts(date), "month");
      if (name !== "" && !/^\p{Nd}+$/u.test(name)) return name;
    }
    return formatOf(locale, { month: width }).format(date);
  };
}

/** Names the weekdays, 0 is Sunday, as they stand beside a date. */
export function weekdayNamer(width: NameWidth, locale: string): (weekday: number) => string {
  const format = formatOf(locale, { weekday: width, day: "numeric" });
  return (weekday) => partOf(format.formatToParts(noonOf(7, weekday + 1)), "weekday");
}

/** The short name of the era before or after the year 1. */
export function eraName(isAfter: boolean, locale: string): string {
  const date = new Date(Date.UTC(isAfter ? 2001 : -2001, 6, 1));
  return partOf(formatOf(locale, { era: "short", year: "numeric" }).formatToParts(date), "era");
}

/** The locale's AM or PM. */
export function dayPeriodName(isAfternoon: boolean, locale: string): string {
  const date = new Date(Date.UTC(2001, 6, 1, isAfternoon ? 15 : 10));
  const format = formatOf(locale, { hour: "numeric", hourCycle: "h12" });
  const name = partOf(format.formatToParts(date), "dayPeriod");
  return name || (isAfternoon ? "PM" : "AM");
}
