import type { Seeded } from "../support/seeded.ts";

/** Waits, at most until the soak is over; answers whether it still goes on. */
export type Pause = (ms: number) => Promise<boolean>;

/** Somebody who does one thing after the other until the soak is over. */
export interface Actor {
  readonly name: string;
  /** Between two acts, ms. */
  readonly longestPauseMs: number;
  /** Does one thing and says what, for the report; undefined where the soak was over before. */
  act(pause: Pause): Promise<string | undefined>;
}

/** What actors did, by what it is. */
export type Tally = Map<string, number>;

/** Adds one. */
export function count(tally: Tally, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

/**
 * Lets an actor act until the signal. Acts that fail because of what other actors do to the servers
 * are counted; any other error ends the soak.
 */
export async function runActor(
  actor: Actor,
  { choices, tally, over }: { choices: Seeded; tally: Tally; over: AbortSignal },
): Promise<void> {
  const pause: Pause = (ms) => pauseUntil(ms, over);
  while (!over.aborted) {
    try {
      const what = await actor.act(pause);
      if (what !== undefined) count(tally, what);
    } catch (error) {
      // Whoever writes meets the same crashes, locks and deadlocks, and says so with a code.
      if (typeof (error as { code?: unknown }).code !== "string") throw error;
      count(tally, `interrupted: ${actor.name}`);
    }
    await pause(choices.below(actor.longestPauseMs + 1));
  }
}

function pauseUntil(ms: number, over: AbortSignal): Promise<boolean> {
  if (over.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      over.removeEventListener("abort", end);
      resolve(!over.aborted);
    };
    const timer = setTimeout(end, ms);
    over.addEventListener("abort", end);
  });
}
