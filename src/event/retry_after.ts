/** Longest wait that a receiver can ask for; a wrong date must not stop a sink for months. */
const longestMs = 3_600_000;

/**
 * The wait that a Retry-After header asks for, in ms, at most an hour: seconds or an HTTP date
 * (RFC 9110, 10.2.3). 0 for a moment that has passed; undefined when it is neither.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(longestMs, Number(text) * 1000);
  // Every form of an HTTP date begins with the name of a weekday; Date.parse would take less.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined;
  const moment = Date.parse(/(GMT|UTC)$/i.test(text) ? text : `${text} GMT`);
  if (Number.isNaN(moment)) return undefined;
  return Math.min(longestMs, Math.max(0, moment - nowMs));
}
