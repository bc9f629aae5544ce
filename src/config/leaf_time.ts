import * as v from "valibot";
import { isMoment, parseWeekdays } from "./condition_value.ts";
import { findCronFault } from "./cron.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { about } from "./leaf.ts";
import { isZone, nearestZone } from "./zone.ts";

/** A length of time, in milliseconds once read. */
export function duration(means: string, options: { minMs?: number; example?: string } = {}) {
  const { minMs = 0 } = options;
  const least = minMs > 0 ? ` of at least ${formatDuration(minMs)}` : "";
  return v.pipe(
    v.string(),
    v.description(means),
    about({
      kind: "duration",
      wanted: `a duration such as 15m, 1h30m or 500ms${least}`,
      code: "PG125",
      pattern: "^(0|(\\d+(\\.\\d+)?(ms|w|d|h|m|s) *)+)$",
      example: options.example,
      suggest: (text) => /^\d+$/.test(text) ? `The unit is missing: \`${text}s\`?` : undefined,
    }),
    v.check((text) => (parseDuration(text) ?? -1) >= minMs),
    v.transform((text) => parseDuration(text) ?? 0),
  );
}

/** A cron expression that has a next time. */
export function cron(means: string) {
  return v.pipe(
    v.string(),
    v.check((text) => findCronFault(text) === undefined),
    v.description(means),
    about({
      kind: "cron expression",
      wanted: "a cron expression: minute, hour, day of month, month, weekday",
      code: "PG127",
      example: "0 9 * * mon-fri",
      suggest: findCronFault,
    }),
  );
}

/** An IANA time zone. */
export function zone(means: string) {
  return v.pipe(
    v.string(),
    v.check(isZone),
    v.description(means),
    about({
      kind: "time zone",
      wanted: "an IANA time zone such as Europe/Kyiv",
      code: "PG128",
      example: "Europe/Kyiv",
      suggest: (text) => {
        const near = nearestZone(text);
        return near === undefined ? undefined : `Did you mean \`${near}\`?`;
      },
    }),
  );
}

/** A day, or a moment of one. */
export function moment(means: string, example: string) {
  return v.pipe(
    v.string(),
    v.check(isMoment),
    v.description(means),
    about({
      kind: "date or timestamp",
      wanted: "a day such as 2026-01-31 or an ISO 8601 timestamp",
      code: "PG129",
      example,
    }),
  );
}

/** A weekday's name or number. */
export function weekday(means: string) {
  return v.pipe(
    v.string(),
    v.check((text) => parseWeekdays(/^\d$/.test(text) ? Number(text) : text) !== undefined),
    v.description(means),
    about({ kind: "weekday", wanted: "mon, tue, wed, thu, fri, sat or sun", code: "PG123" }),
    v.transform((text) => parseWeekdays(/^\d$/.test(text) ? Number(text) : text)?.[0] ?? 0),
  );
}
