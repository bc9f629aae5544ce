/** Spaces requests evenly. Time is handed in. */
export interface RateLimit {
  /** Takes the next place in line and answers how long to wait for it, ms. */
  reserve(nowMs: number): number;
}

/** A limit of so many requests a second; 0 is none. What was not used does not add up to a burst. */
export function limitRate(perSecond: number): RateLimit {
  if (perSecond === 0) return { reserve: () => 0 };
  let nextAtMs = 0;
  return {
    reserve(nowMs) {
      const atMs = Math.max(nowMs, nextAtMs);
      nextAtMs = atMs + 1000 / perSecond;
      return atMs - nowMs;
    },
  };
}
