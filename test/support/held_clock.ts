import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until the test moves it. */
export interface HeldClock extends Clock {
  /** Moves the clock and wakes every sleep whose time has come. */
  advance(ms: number): void;
  /** Sets the clock to another time; sleeps go on as long as they would have. */
  set(now: Date): void;
}

interface Sleeper {
  readonly wakesAtMs: number;
  wake(): void;
}

/** A held clock that begins at `start`. Timers of the database and of sockets are not held. */
export function holdClock(start: Date): HeldClock {
  let nowMs = start.getTime();
  let shiftMs = 0;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => new Date(nowMs + shiftMs),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { wakesAtMs: nowMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        }, { once: true });
      });
    },
    set: (now) => void (shiftMs = now.getTime() - nowMs),
    advance(ms) {
      nowMs += ms;
      for (const sleeper of sleepers) {
        if (sleeper.wakesAtMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}
