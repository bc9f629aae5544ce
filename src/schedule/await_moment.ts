import type { Clock } from "../clock.ts";

/** The longest single sleep, ms: a clock that was set is noticed within this time. */
const longestSleepMs = 20_000;

/** A clock that goes back by less is being adjusted to the time, not set, ms. */
const clockNoiseMs = 1_000;

/** Whether the moment came, the clock was set back before, or the signal aborted first. */
export async function awaitMoment(
  clock: Clock,
  moment: Date,
  signal: AbortSignal,
): Promise<"came" | "set_back" | "stopped"> {
  for (let seenMs = -Infinity;;) {
    const nowMs = clock.now().getTime();
    if (signal.aborted) return "stopped";
    if (nowMs < seenMs - clockNoiseMs) return "set_back";
    seenMs = nowMs;
    const leftMs = moment.getTime() - nowMs;
    if (leftMs <= 0) return "came";
    const sleepMs = Math.min(leftMs, longestSleepMs);
    const hasSlept = await clock.sleep(sleepMs, signal).then(() => true, () => false);
    if (!hasSlept) return "stopped";
  }
}
