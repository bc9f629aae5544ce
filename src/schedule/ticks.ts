import { Cron } from "croner";
import type { ScheduleConfig } from "../config/model.ts";

/** The moments at which something is due. The same configuration gives every daemon the same ones. */
export interface Ticks {
  /** The first tick after the moment, or undefined when there is none any more. */
  next(after: Date): Date | undefined;
  /** The last tick before the moment, or undefined when there was none. */
  previous(before: Date): Date | undefined;
}

/**
 * The ticks of a schedule, or undefined when it has neither cron nor interval.
 *
 * Intervals count from 1970-01-01T00:00Z, not from the daemon's start, so that replicas agree on
 * each tick and claim it once. Cron expressions are read in the schedule's zone; at daylight-saving
 * changes a time that does not exist moves to the first one that does, a time that exists twice
 * happens once (croner's rule for fixed times).
 */
export function ticksOf(schedule: ScheduleConfig): Ticks | undefined {
  const plain = plainTicks(schedule);
  if (plain === undefined) return undefined;
  const midnight = new Cron("0 0 * * *", { timezone: schedule.timezone, paused: true });
  const isAllowedDay = weekdayTest(schedule);
  return {
    next(after) {
      const start = schedule.startsAt;
      let from = start !== undefined && start > after ? new Date(start.getTime() - 1) : after;
      // Seven days cover every set of weekdays; the eighth look is only reached by an empty one.
      for (let looks = 0; looks < 8; looks++) {
        const tick = plain.next(from);
        if (tick === undefined || (schedule.endsAt !== undefined && tick >= schedule.endsAt)) {
          return undefined;
        }
        if (isAllowedDay(tick)) return tick;
        const nextDay = midnight.nextRun(tick);
        if (nextDay === null) return undefined;
        from = new Date(nextDay.getTime() - 1);
      }
      return undefined;
    },
    previous(before) {
      const end = schedule.endsAt;
      let from = end !== undefined && end < before ? end : before;
      for (let looks = 0; looks < 8; looks++) {
        const tick = plain.previous(from);
        if (tick === undefined || (schedule.startsAt !== undefined && tick < schedule.startsAt)) {
          return undefined;
        }
        if (isAllowedDay(tick)) return tick;
        // Midnight that began the tick's own day: what lies before it is another weekday. A second
        // later, because croner looks before whole seconds and the tick may be midnight itself.
        const [dayStart] = midnight.previousRuns(1, new Date(tick.getTime() + 1000));
        if (dayStart === undefined) return undefined;
        from = dayStart;
      }
      return undefined;
    },
  };
}

function plainTicks(schedule: ScheduleConfig): Ticks | undefined {
  const { everyMs, cron } = schedule;
  if (cron !== undefined) {
    const job = new Cron(cron, { timezone: schedule.timezone, paused: true });
    return {
      next: (after) => job.nextRun(after) ?? undefined,
      previous: (before) => job.previousRuns(1, before)[0],
    };
  }
  if (everyMs === undefined) return undefined;
  return {
    next: (after) => new Date((Math.floor(after.getTime() / everyMs) + 1) * everyMs),
    previous: (before) => new Date((Math.ceil(before.getTime() / everyMs) - 1) * everyMs),
  };
}

const weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function weekdayTest(schedule: ScheduleConfig): (moment: Date) => boolean {
  if (schedule.weekdays.length === 0) return () => true;
  const format = new Intl.DateTimeFormat("en-US", {
    weekday: "short",
    timeZone: schedule.timezone,
  });
  return (moment) => schedule.weekdays.includes(weekdayNames.indexOf(format.format(moment)));
}
