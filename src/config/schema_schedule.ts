import * as v from "valibot";
import { cron, duration, moment, weekday, zone } from "./leaf_time.ts";

/** Keys that say when something runs on its own, shared by everything that runs. */
export const scheduleKeys = {
  cron: v.optional(cron("When it runs, in its time zone. Excludes `every`.")),
  every: v.optional(
    duration("Time between the starts of two runs. Excludes `cron`.", {
      minMs: 1000,
      example: "15m",
    }),
  ),
  timezone: v.optional(zone("Zone of the schedule and of its dates. Without it the global one.")),
  starts: v.optional(moment("Nothing runs by schedule before this.", "2026-01-01")),
  ends: v.optional(moment("Nothing runs by schedule after this; a day is included.", "2026-12-31")),
  weekdays: v.optional(
    v.pipe(
      v.array(weekday("A weekday.")),
      v.description("Weekdays on which it runs; without it all."),
    ),
  ),
};

/** How old the last success may get. */
export const stalenessKey = {
  max_staleness: v.optional(
    duration("Age of the last success beyond which health and alerts complain.", {
      minMs: 1000,
      example: "1h",
    }),
  ),
};
