import { refusal } from "./refusal.ts";

/**
 * What `work` gives, or PG909 after `limitMs`. The work itself is not stopped: queries have limits
 * of their own, and a render too. Its later failure is dropped.
 */
export async function withinDeadline<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(refusal("PG909", `the request was not answered within ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
