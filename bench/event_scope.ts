import type { Scope } from "../test/support/database.ts";

/** Runs `work` with a scope whose resources are closed afterwards, in reverse order. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const closers: (() => void | Promise<void>)[] = [];
  try {
    return await work({ after: (closer) => void closers.push(closer) });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
