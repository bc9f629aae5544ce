import type { ScheduleConfig } from "./model.ts";
import type { ResolveContext } from "./resolve_context.ts";
import type { TreePath } from "./tree.ts";
import { instantOf } from "./zone.ts";

/** The schedule's keys as the schema reads them. */
export interface ScheduleInput {
  cron?: string | undefined;
  every?: number | undefined;
  timezone?: string | undefined;
  starts?: string | undefined;
  ends?: string | undefined;
  weekdays?: number[] | undefined;
}

/** When something runs by itself; dates are read in the schedule's zone. */
export function resolveSchedule(
  input: ScheduleInput,
  path: TreePath,
  context: ResolveContext,
): ScheduleConfig {
  const timezone = input.timezone ?? context.timezone;
  if (input.cron !== undefined && input.every !== undefined) {
    context.error(
      "PG152",
      context.key([...path, "every"]),
      "`every` stands beside `cron`; a schedule has one of them.",
    );
  }
  const startsAt = input.starts === undefined ? undefined : instantOf(input.starts, timezone);
  const endsAt = input.ends === undefined ? undefined : instantOf(input.ends, timezone, true);
  if (startsAt !== undefined && endsAt !== undefined && startsAt >= endsAt) {
    context.error("PG124", context.value([...path, "ends"]), "`ends` is not after `starts`.");
  }
  const weekdays = [...new Set(input.weekdays ?? [])].sort((one, other) => one - other);
  return { cron: input.cron, everyMs: input.every, timezone, startsAt, endsAt, weekdays };
}

/** Warns about a thing that nothing would ever start. */
export function warnUnlessStarted(
  schedule: ScheduleConfig,
  isWoken: boolean,
  path: TreePath,
  context: ResolveContext,
): void {
  if (isWoken || schedule.cron !== undefined || schedule.everyMs !== undefined) return;
  context.warn(
    "PG172",
    context.key(path),
    `\`${path.join(".")}\` has neither a schedule nor a notification: it runs by hand only.`,
  );
}
