/** How a country counts weeks: the day they begin with, 0 is Sunday, and the days of a year's first. */
export interface WeekRules {
  readonly firstDay: number;
  readonly minDays: number;
}

const saturday = "AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY";
const sunday =
  "AG AS AU BD BR BS BT BW BZ CA CN CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT " +
  "MX MZ NI NP PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW";
const fourDays =
  "AD AT AX BE BG CH CZ DE DK EE ES FI FJ FO FR GB GF GG GI GP GR HU IE IM IS IT JE LI LT LU MC MQ " +
  "NL NO PL PT RE RU SE SJ SK SM VA";

/** As java.util.Calendar: by the locale's country; without one, from Sunday. */
export function weekRulesOf(locale: string): WeekRules {
  const { region } = new Intl.Locale(locale);
  if (region === undefined) return { firstDay: 0, minDays: 1 };
  const isIn = (list: string) => list.includes(region);
  const firstDay = isIn(saturday) ? 6 : region === "MV" ? 5 : isIn(sunday) ? 0 : 1;
  return { firstDay, minDays: isIn(fourDays) ? 4 : 1 };
}

/** A calendar day as fields; `weekday` 0 is Sunday, `dayOfYear` counts from 1. */
export interface Day {
  readonly year: number;
  readonly day: number;
  readonly dayOfYear: number;
  readonly weekday: number;
}

/** The week of the month, 0 for days before its first. */
export function weekOfMonth({ day, weekday }: Day, rules: WeekRules): number {
  return weekAt(day, weekday, rules);
}

/** The week of the year, and the year that it belongs to. */
export function weekOfYear(day: Day, rules: WeekRules): { week: number; year: number } {
  const { year, dayOfYear, weekday } = day;
  const week = weekAt(dayOfYear, weekday, rules);
  if (week === 0) {
    return { week: weekAt(dayOfYear + daysIn(year - 1), weekday, rules), year: year - 1 };
  }
  const beyond = dayOfYear - daysIn(year);
  const next = weekAt(beyond, weekday, rules);
  return next > 0 ? { week: next, year: year + 1 } : { week, year };
}

/** Counts weeks up to the day with a number, which may lie before the first. */
function weekAt(number: number, weekday: number, { firstDay, minDays }: WeekRules): number {
  const sinceFirst = (weekday - firstDay + 7) % 7;
  const begin = number - sinceFirst;
  return Math.floor((begin + 6 + (7 - minDays)) / 7);
}

/** Days of a year. */
export function daysIn(year: number): number {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 366 : 365;
}
