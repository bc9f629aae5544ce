import { Histogram, type Registry } from "prom-client";

/** Seconds; from a timer on time to a process that is starved or paused. */
const lagBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * How often the loop is measured, ms. Halved, shorter blocks are caught at the price of twice the
 * wake-ups of an idle process; doubled, a block of half a second may go unseen.
 */
const intervalMs = 500;

/** A metric of how late timers are. */
export interface EventLoopMeter {
  /** Begins to measure; answers what ends it. */
  start(): () => void;
}

/**
 * Makes the histogram of how much later than asked for a timer fires. A timer of our own, because
 * runtimes disagree about what `monitorEventLoopDelay` measures.
 */
export function createEventLoopMeter(registry: Registry): EventLoopMeter {
  const lag = new Histogram({
    name: "perigee_event_loop_lag_seconds",
    help: "How late a timer fires that asks for every half second: what keeps the process busy.",
    buckets: lagBuckets,
    registers: [registry],
  });
  return {
    start() {
      let dueAt = performance.now() + intervalMs;
      const timer = setInterval(() => {
        const now = performance.now();
        lag.observe(Math.max(0, now - dueAt) / 1_000);
        dueAt = now + intervalMs;
      }, intervalMs);
      return () => clearInterval(timer);
    },
  };
}
