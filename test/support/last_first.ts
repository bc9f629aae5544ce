import type { Scope } from "./database.ts";

/**
 * A scope whose ends run in the reverse order of their registration, as resources that stand on
 * one another need it; the runner's own go from first to last. All run, even when one fails.
 */
export function lastFirst(scope: Scope): Scope {
  const ends: (() => void | Promise<void>)[] = [];
  scope.after(async () => {
    const failures: unknown[] = [];
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "some resources did not end");
  });
  return { after: (end) => void ends.push(end) };
}
