import type { ClaimedDelivery } from "../hub/deliveries.ts";

/** A claimed delivery and the time at which its claim is no longer ours to use. */
export interface QueuedDelivery extends ClaimedDelivery {
  /** By the monotonic clock (`performance.now()`). */
  readonly expiresAt: number;
}

/**
 * Claimed deliveries in memory, one lane per contact: what was taken from a lane must be finished
 * before more of it is taken, so a contact's events leave in order and one slow contact delays no
 * other.
 */
export class DeliveryQueue {
  readonly #lanes = new Map<string, QueuedDelivery[]>();
  /** Lanes with something to take, in the order in which they got it. */
  readonly #ready = new Set<string>();
  readonly #busy = new Set<string>();
  #size = 0;

  /** Deliveries that wait; those that were taken do not count. */
  get size(): number {
    return this.#size;
  }

  get isReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Adds deliveries behind those that wait, in the order given. */
  push(deliveries: readonly QueuedDelivery[]): void {
    for (const delivery of deliveries) {
      const lane = laneOf(delivery);
      const waiting = this.#lanes.get(lane);
      if (waiting === undefined) this.#lanes.set(lane, [delivery]);
      else waiting.push(delivery);
      if (!this.#busy.has(lane)) this.#ready.add(lane);
    }
    this.#size += deliveries.length;
  }

  /**
   * Takes up to `most` deliveries for one request: whole beginnings of lanes, so that a batch keeps
   * the order too. One that has to go alone comes alone.
   */
  take(most: number): QueuedDelivery[] {
    const taken: QueuedDelivery[] = [];
    for (const lane of this.#ready) {
      const waiting = this.#lanes.get(lane) ?? [];
      const count = startLength(waiting, most - taken.length, taken.length === 0);
      if (count === 0) continue;
      taken.push(...waiting.splice(0, count));
      this.#ready.delete(lane);
      this.#busy.add(lane);
      if (taken.length >= most || taken[0]?.isAlone === true) break;
    }
    this.#size -= taken.length;
    return taken;
  }

  /** Says that what was taken got through or was given up: the rest of its lanes may follow. */
  finish(taken: readonly QueuedDelivery[]): void {
    for (const lane of new Set(taken.map(laneOf))) {
      this.#busy.delete(lane);
      if ((this.#lanes.get(lane)?.length ?? 0) > 0) this.#ready.add(lane);
      else this.#lanes.delete(lane);
    }
  }

  /** Says that what was taken waits for another attempt: answers the rest of its lanes, removed. */
  abandon(taken: readonly QueuedDelivery[]): QueuedDelivery[] {
    const rest: QueuedDelivery[] = [];
    for (const lane of new Set(taken.map(laneOf))) {
      rest.push(...this.#lanes.get(lane) ?? []);
      this.#busy.delete(lane);
      this.#ready.delete(lane);
      this.#lanes.delete(lane);
    }
    this.#size -= rest.length;
    return rest;
  }

  /** Removes and answers everything that waits. */
  drain(): QueuedDelivery[] {
    const all = [...this.#lanes.values()].flat();
    for (const [lane, waiting] of this.#lanes) {
      waiting.length = 0;
      if (!this.#busy.has(lane)) this.#lanes.delete(lane);
    }
    this.#ready.clear();
    this.#size = 0;
    return all;
  }
}

/** The lane of a delivery: its contact's, or its own where there is no contact. */
export function laneOf(delivery: ClaimedDelivery): string {
  return delivery.contactId ?? `event ${delivery.eventId}`;
}

/** How many of a lane's first deliveries fit into a request, which may be empty so far. */
function startLength(waiting: readonly QueuedDelivery[], room: number, isFirst: boolean): number {
  if (waiting[0]?.isAlone === true) return isFirst ? 1 : 0;
  const alone = waiting.findIndex((delivery) => delivery.isAlone);
  return Math.min(room, alone === -1 ? waiting.length : alone);
}
