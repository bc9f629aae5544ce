import type { WeekRules } from "./week.ts";
import { instantOf, utcOf } from "./zone.ts";

/** A field as it was read: months from 0, weekdays from 1 for Sunday, halves of the day 0 and 1. */
export type CalendarField =
  | ("era" | "year" | "weekYear" | "month" | "day" | "dayOfYear" | "dayOfWeek")
  | ("dayOfWeekInMonth" | "weekOfYear" | "weekOfMonth" | "half" | "hour" | "hourOfDay")
  | ("minute" | "second" | "millisecond" | "offset");

const dayMs = 86_400_000;

/**
 * Fields that were read, resolved as a lenient java.util.GregorianCalendar does: of fields that say
 * different things the one read last counts, and values out of range run over.
 */
export class CalendarFields {
  private readonly values = new Map<CalendarField, number>();
  /** When each field was set last, counted from 1. */
  private readonly stamps = new Map<CalendarField, number>();
  private stamp = 0;
  /** The year of two digits is the one with which the hundred years begin. */
  private isAmbiguous = false;

  set(field: CalendarField, value: number): void {
    this.values.set(field, value);
    this.stamps.set(field, ++this.stamp);
  }

  /** A year of two digits is within 80 years before and 20 after now. */
  setShortYear(field: CalendarField, value: number, now: Date): void {
    const start = now.getUTCFullYear() - 80;
    const century = Math.floor(start / 100) * 100;
    this.isAmbiguous = value === start % 100;
    this.set(field, century + value + (value < start % 100 ? 100 : 0));
  }

  /** The moment in milliseconds since 1970. */
  resolve(zone: string, rules: WeekRules, now: Date): number {
    const epochMs = this.momentOf(zone, rules, 0);
    if (!this.isAmbiguous) return epochMs;
    const start = new Date(now);
    start.setUTCFullYear(now.getUTCFullYear() - 80);
    return epochMs < start.getTime() ? this.momentOf(zone, rules, 100) : epochMs;
  }

  private momentOf(zone: string, rules: WeekRules, yearsLater: number): number {
    const [minute, second, millisecond] = (["minute", "second", "millisecond"] as const)
      .map((field) => this.values.get(field) ?? 0);
    const time = ((this.hourOfDay() * 60 + minute!) * 60 + second!) * 1000 + millisecond!;
    const local = this.dayOf(rules, yearsLater) + time;
    const offset = this.values.get("offset");
    return offset === undefined ? instantOf(local, zone) : local - offset * 60_000;
  }

  private stampOf(field: CalendarField): number {
    return this.stamps.get(field) ?? 0;
  }

  /** When the later of two fields was set that mean something together only. */
  private stampOfBoth(field: CalendarField, other: CalendarField): number {
    const [first, second] = [this.stampOf(field), this.stampOf(other)];
    return first === 0 || second === 0 ? 0 : Math.max(first, second);
  }

  private valueOf(field: CalendarField, fallback: number): number {
    return this.values.get(field) ?? fallback;
  }

  private hourOfDay(): number {
    const whole = this.stampOf("hourOfDay");
    if (whole > 0 && whole >= this.stampOfBoth("hour", "half")) return this.valueOf("hourOfDay", 0);
    return this.valueOf("hour", 0) + 12 * this.valueOf("half", 0);
  }

  private yearOf(field: "year" | "weekYear", yearsLater: number): number {
    const named = this.valueOf(field, 1970) + yearsLater;
    return this.valueOf("era", 1) === 0 ? 1 - named : named;
  }

  /** The first millisecond of the day, as in UTC. */
  private dayOf(rules: WeekRules, yearsLater: number): number {
    if (this.stampOf("weekYear") > this.stampOf("year")) {
      return this.dayOfWeekYear(rules, yearsLater);
    }
    const year = this.yearOf("year", yearsLater);
    const choice = this.choice();
    if (choice === "dayOfYear") return dayAt(year, 0, this.valueOf("dayOfYear", 1));
    if (choice === "weekOfYear") {
      return this.dayInWeek(dayAt(year, 0, 1), this.valueOf("weekOfYear", 1), rules);
    }
    const first = dayAt(year, this.valueOf("month", 0), 1);
    if (choice === "day") return first + (this.valueOf("day", 1) - 1) * dayMs;
    if (choice === "weekOfMonth") {
      return this.dayInWeek(first, this.valueOf("weekOfMonth", 1), rules);
    }
    return this.dayByCount(first, rules);
  }

  /** Which fields tell the day: those completed last, else whichever of them is there. */
  private choice(): CalendarField {
    const dated = (field: CalendarField, stamp: number) => ({
      field,
      stamp,
      own: this.stampOf(field),
    });
    const withDay = (field: CalendarField) => dated(field, this.stampOfBoth(field, "dayOfWeek"));
    const complete = [
      dated("day", this.stampOf("day")),
      withDay("weekOfMonth"),
      withDay("dayOfWeekInMonth"),
      dated("dayOfYear", this.stampOf("dayOfYear")),
      withDay("weekOfYear"),
    ];
    const counted = Math.max(this.stampOf("dayOfWeekInMonth"), this.stampOf("dayOfWeek"));
    const alone = [
      dated("weekOfMonth", this.stampOf("weekOfMonth")),
      dated("dayOfWeekInMonth", counted),
      dated("weekOfYear", this.stampOf("weekOfYear")),
    ];
    return latest(complete) ?? latest(alone) ?? "day";
  }

  /** A day of the nth week that begins with the first one that counts. */
  private dayInWeek(first: number, week: number, { firstDay, minDays }: WeekRules): number {
    let begin = onOrBefore(first + 6 * dayMs, firstDay);
    if ((begin - first) / dayMs >= minDays) begin -= 7 * dayMs;
    const weekday = this.values.get("dayOfWeek");
    if (weekday !== undefined) begin = onOrBefore(begin + 6 * dayMs, weekday - 1);
    return begin + 7 * (week - 1) * dayMs;
  }

  /** The nth of a weekday in the month, counted from its end where n is negative. */
  private dayByCount(first: number, { firstDay }: WeekRules): number {
    const weekday = this.valueOf("dayOfWeek", firstDay + 1) - 1;
    const count = this.valueOf("dayOfWeekInMonth", 1);
    if (count >= 0) return onOrBefore(first + (7 * count - 1) * dayMs, weekday);
    const date = new Date(first);
    const last = dayAt(date.getUTCFullYear(), date.getUTCMonth() + 1, 0);
    return onOrBefore(last + 7 * (count + 1) * dayMs, weekday);
  }

  /** A day by week year, week and weekday; the first of the first week where those are not there. */
  private dayOfWeekYear({ firstDay, minDays }: WeekRules, yearsLater: number): number {
    const first = dayAt(this.yearOf("weekYear", yearsLater), 0, 1);
    let begin = onOrBefore(first + 6 * dayMs, firstDay);
    if ((begin - first) / dayMs >= minDays) begin -= 7 * dayMs;
    let week = this.valueOf("weekOfYear", 1);
    let weekday = this.valueOf("dayOfWeek", firstDay + 1);
    if (weekday < 1 || weekday > 7) {
      // A number that is no day runs over into other weeks, counted from Monday.
      const weeks = Math.floor((weekday - 1) / 7);
      week += weeks;
      weekday = ((weekday - 7 * weeks) % 7) + 1;
    }
    return begin + (7 * (week - 1) + (weekday - 1 - firstDay + 7) % 7) * dayMs;
  }
}

/** The field completed last; of several that one weekday completed, the one that was set last. */
function latest(
  fields: readonly { field: CalendarField; stamp: number; own: number }[],
): CalendarField | undefined {
  const found = fields.filter(({ stamp }) => stamp > 0);
  found.sort((left, right) => right.stamp - left.stamp || right.own - left.own);
  return found[0]?.field;
}

/** Months from 0; months and days may run over. */
function dayAt(year: number, month: number, day: number): number {
  return utcOf(year, month + 1, day, 0, 0, 0, 0);
}

/** The last day that is a weekday (0 is Sunday) up to a day. */
function onOrBefore(day: number, weekday: number): number {
  const current = new Date(day).getUTCDay();
  return day - ((((current - weekday) % 7) + 7) % 7) * dayMs;
}
