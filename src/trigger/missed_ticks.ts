import type { TriggerConfig } from "../config/model.ts";

/** The part of a schedule's ticks that planning needs. */
export interface PastTicks {
  /** The last tick before the moment, or undefined when there was none. */
  previous(before: Date): Date | undefined;
}

/**
 * The ticks of a trigger that nobody ran while no daemon was up and that its `catch_up` makes up
 * for, oldest first: none, the last one, or all, of which the newest `catchUpLimit`. A trigger that
 * never ran has missed nothing, so that a new one does not fire for the past; nor has one whose last
 * tick lies in the future of a clock that was set back. Pure.
 */
export function missedTicks(
  trigger: Pick<TriggerConfig, "catchUp" | "catchUpLimit">,
  ticks: PastTicks | undefined,
  lastSuccess: Date | undefined,
  now: Date,
): readonly Date[] {
  if (ticks === undefined || lastSuccess === undefined) return [];
  const most = { none: 0, last: 1, all: trigger.catchUpLimit }[trigger.catchUp];
  const missed: Date[] = [];
  let tick = ticks.previous(now);
  while (missed.length < most && tick !== undefined && tick > lastSuccess) {
    missed.unshift(tick);
    tick = ticks.previous(tick);
  }
  return missed;
}
