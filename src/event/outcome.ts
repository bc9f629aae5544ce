import { parseRetryAfter } from "./retry_after.ts";

/** How one request ended: with an answer, or without. */
export type Answer =
  | {
    readonly kind: "answered";
    readonly status: number;
    readonly retryAfter: string | undefined;
    /** The beginning of the body, for the dead letter. Never logged. */
    readonly text: string;
  }
  /** `code` is the system's or TLS's word for it, such as `ECONNREFUSED`. */
  | { readonly kind: "failed"; readonly code: string };

/** What an answer means. */
export interface Outcome {
  /**
   * `delivered`; `retry` with backoff; `permanent`: this event is refused for good; `disable`: the
   * receiver wants nothing any more.
   */
  readonly verdict: "delivered" | "retry" | "permanent" | "disable";
  /** Speaks against the sink rather than against this event; several in a row open its circuit. */
  readonly isSinkFault: boolean;
  /** The receiver asked to be left alone for so long, ms. */
  readonly holdMs: number | undefined;
}

/** Answers that say nothing of the single event: wrong address, method or credentials. */
const sinkFaults = new Set([401, 403, 404, 405, 407, 408]);

/** Client errors that a later attempt can cure. */
const curable = new Set([408, 425, 429]);

/**
 * What to do about an answer, by its status alone. Redirects are not followed, because the address
 * that was checked must be the one that is used; they count as a fault of the sink that somebody
 * can correct. Pure.
 */
export function judgeAnswer(answer: Answer, nowMs: number): Outcome {
  const hold = undefined;
  if (answer.kind === "failed") return { verdict: "retry", isSinkFault: true, holdMs: hold };
  const { status } = answer;
  if (status >= 200 && status < 300) {
    return { verdict: "delivered", isSinkFault: false, holdMs: hold };
  }
  if (status === 410) return { verdict: "disable", isSinkFault: true, holdMs: hold };
  if (status === 429 || status === 503) {
    const holdMs = parseRetryAfter(answer.retryAfter, nowMs);
    return { verdict: "retry", isSinkFault: status === 503 && holdMs === undefined, holdMs };
  }
  const isClientError = status >= 400 && status < 500;
  return {
    verdict: isClientError && !curable.has(status) ? "permanent" : "retry",
    isSinkFault: isClientError ? sinkFaults.has(status) : true,
    holdMs: hold,
  };
}

/** First wait, growth and longest wait: sixteen attempts take about two and a half days. */
const firstDelayMs = 2_000;
const growth = 2.5;
const longestDelayMs = 12 * 3_600_000;

/**
 * Wait before the next attempt after `attempts` that failed, ms. A fifth more or less by chance, so
 * that what failed together does not come back together.
 */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  const delay = Math.min(longestDelayMs, firstDelayMs * growth ** Math.max(0, attempts - 1));
  return Math.round(delay * (0.8 + random() * 0.4));
}
