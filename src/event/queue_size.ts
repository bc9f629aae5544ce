import type { ClaimedDelivery } from "../hub/deliveries.ts";

/**
 * Time for which the claimed deliveries last, ms. Half of it costs the hub twice as many statements
 * at full speed; twice as much holds claims longer that another daemon could work on.
 */
const stockMs = 400;

/** Most deliveries and, by the average seen so far, most bytes of parameters in memory per sink. */
const mostDeliveries = 2_000;
const mostBytes = 16_777_216;

/**
 * Most deliveries per claim: one statement of some twenty milliseconds. With half as many the hub
 * works a tenth more for each.
 */
const mostAtOnce = 1_000;

/** Weight of what was seen last in an average. */
const weight = 0.1;

/** How many deliveries a sink's loop should hold, from how fast the receiver is and how large they are. */
export class QueueSize {
  readonly #perRound: number;
  #averageMs = 50;
  #averageBytes = 16_384;

  constructor(concurrency: number, batchSize: number) {
    this.#perRound = concurrency * batchSize;
  }

  /** A request took so long. */
  measure(durationMs: number): void {
    this.#averageMs += (Math.max(0.1, durationMs) - this.#averageMs) * weight;
  }

  /** These were claimed. */
  learn(deliveries: readonly ClaimedDelivery[]): void {
    for (const { params } of deliveries) {
      this.#averageBytes += ((params?.length ?? 0) + 200 - this.#averageBytes) * weight;
    }
  }

  /** How many to claim when so many wait: none while the stock is full but for less than a claim. */
  room(waiting: number): number {
    const stock = Math.max(this.#perRound * 2, this.#perRound * stockMs / this.#averageMs);
    const capacity = Math.max(1, Math.min(stock, mostDeliveries, mostBytes / this.#averageBytes));
    const free = Math.ceil(capacity - waiting);
    return free >= Math.min(mostAtOnce, capacity / 2) ? Math.min(mostAtOnce, free) : 0;
  }
}
