import type { ErrorKind, PerigeeError } from "../error.ts";

/** First pause before a failed run is tried again; a link that broke is often back by then. */
const firstDelayMs = 1_000;

/**
 * Longest pause. Halved, a customer's database that is down for a day sees twice as many logins;
 * doubled, it is found back up to twice as late.
 */
const longestDelayMs = 300_000;

/** Which failures of runs are tried again on their own; the others wait for the next tick. */
export const isRetried: Record<ErrorKind, boolean> = {
  config: false,
  usage: false,
  connection: true,
  credentials: true,
  permission: true,
  schema: false,
  data: false,
  conflict: true,
  resource: true,
  template: false,
  not_found: false,
  shutdown: true,
  internal: true,
};

/**
 * How long to wait before attempt number `attempts + 1`, in ms; undefined when a retry cannot help.
 * Doubles from 1 s to 5 min, with up to a fifth off so that daemons do not move in step. Wrong
 * credentials and missing grants start at the longest pause: they end when somebody acts.
 */
export function retryDelayMs(
  error: PerigeeError,
  attempts: number,
  random: () => number = Math.random,
): number | undefined {
  if (!isRetried[error.kind]) return undefined;
  const isSlow = error.kind === "credentials" || error.kind === "permission";
  const delay = isSlow
    ? longestDelayMs
    : Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(delay * (1 - random() / 5));
}
