import type { Clock } from "../clock.ts";

/** Answers how many seconds a client must wait; 0 lets the request pass. */
export type TakeTurn = (client: string) => number;

interface Bucket {
  turns: number;
  filledAtMs: number;
}

/**
 * Clients that are remembered. More than that at once push out the ones that were quiet longest,
 * who then start with a full second again; ten times as many would take a few MB.
 */
const maxClients = 10_000;

/**
 * A token bucket for each client: `perSecond` requests a second, as many at once after a quiet
 * second. 0 is no limit. Uses no timers; memory is bounded.
 */
export function createRateLimit(perSecond: number, clock: Clock): TakeTurn {
  if (perSecond === 0) return () => 0;
  const buckets = new Map<string, Bucket>();
  return (client) => {
    const nowMs = clock.now().getTime();
    const bucket = buckets.get(client) ?? { turns: perSecond, filledAtMs: nowMs };
    const grown = Math.max(0, nowMs - bucket.filledAtMs) * perSecond / 1_000;
    bucket.turns = Math.min(Math.max(1, perSecond), bucket.turns + grown);
    bucket.filledAtMs = nowMs;
    buckets.delete(client);
    buckets.set(client, bucket);
    forgetOldest(buckets);
    if (bucket.turns < 1) return Math.ceil((1 - bucket.turns) / perSecond);
    bucket.turns -= 1;
    return 0;
  };
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  if (buckets.size <= maxClients) return;
  for (const client of buckets.keys()) {
    buckets.delete(client);
    return;
  }
}
