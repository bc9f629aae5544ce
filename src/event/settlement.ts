import type { QueuedDelivery } from "./delivery_queue.ts";
import { givenBack, type UndeliveredResult } from "./delivery_recorder.ts";
import { type Answer, backoffMs, type Outcome } from "./outcome.ts";

/** What becomes of the deliveries of one request. */
export interface Settlement {
  readonly outcome: "delivered" | "retry" | "permanent" | "dead";
  /** In the order of the deliveries; undefined when they got through. */
  readonly results: readonly UndeliveredResult[] | undefined;
  /** Whether the contacts' next events may follow now. */
  readonly isOver: boolean;
}

/**
 * Decides by the outcome of a request what becomes of its deliveries. A batch that is refused for
 * good is taken apart, so that one bad event costs no other; a sink that wants nothing any more
 * (410) keeps its deliveries for the day on which it is resumed. Pure.
 */
export function settle(
  taken: readonly QueuedDelivery[],
  { answer, outcome }: { readonly answer: Answer; readonly outcome: Outcome },
  maxAttempts: number,
  random: () => number = Math.random,
): Settlement {
  if (outcome.verdict === "delivered") {
    return { outcome: "delivered", results: undefined, isOver: true };
  }
  if (outcome.verdict === "disable") {
    return { outcome: "retry", results: taken.map(() => givenBack), isOver: false };
  }
  const seen = seenIn(answer);
  if (outcome.verdict === "permanent") {
    if (taken.length > 1) {
      const results = taken.map(() => ({ ...givenBack, isAlone: true }));
      return { outcome: "retry", results, isOver: false };
    }
    const results = taken.map(() => ({ ...seen, state: "dead", delayMs: 0 } as const));
    return { outcome: "permanent", results, isOver: true };
  }
  const results = taken.map(({ attempts }): UndeliveredResult => {
    if (attempts + 1 >= maxAttempts) return { ...seen, state: "dead", delayMs: 0 };
    const delayMs = outcome.holdMs ?? backoffMs(attempts + 1, random);
    return { ...seen, state: "pending", delayMs };
  });
  const isDead = results.every((result) => result.state === "dead");
  return { outcome: isDead ? "dead" : "retry", results, isOver: isDead };
}

function seenIn(answer: Answer) {
  const attempt = { isAttempt: true, isAlone: false };
  return answer.kind === "failed"
    ? { ...attempt, status: undefined, error: answer.code, answer: undefined }
    : { ...attempt, status: answer.status, error: undefined, answer: answer.text };
}
