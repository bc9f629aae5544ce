import type { Generation } from "./generation.ts";
import type { Observe } from "./observe/observation.ts";
import { toPerigeeError } from "./http/problem.ts";

/**
 * Generations that a reload replaced and that still stream messages to somebody. Each closes its
 * pools when its last stream has ended; the reload does not wait for that.
 */
export class RetiredGenerations {
  readonly #open = new Set<Generation>();
  readonly #observe: Observe;

  constructor(observe: Observe) {
    this.#observe = observe;
  }

  /** Begins to close a generation that takes no more requests. Never throws. */
  retire(generation: Generation, timeoutMs: number): void {
    this.#open.add(generation);
    generation.retire(timeoutMs)
      .catch((error) => {
        this.#observe({ kind: "fault", where: "reload", error: toPerigeeError(error) });
      })
      .finally(() => this.#open.delete(generation));
  }

  /** Closes what is left, streams or not; what still runs gets `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#open].map((generation) => generation.close(timeoutMs)));
  }
}
