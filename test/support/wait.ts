/** How often `waitFor` looks. Short, so that tests take no longer than what they wait for. */
const pollMs = 20;

/**
 * Asks `probe` until it answers something other than undefined, and answers that. Throws after
 * `deadlineMs` with `what` was awaited; an error of the probe counts as "not yet" and is told then.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  let last: unknown = "nothing";
  for (;;) {
    try {
      const seen = await probe();
      if (seen !== undefined) return seen;
      last = "nothing";
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${deadlineMs} ms for ${what}; last seen: ${last}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
