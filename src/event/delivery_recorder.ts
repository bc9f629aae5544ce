import type { Sql } from "postgres";
import {
  type Delivered,
  recordDelivered,
  recordUndelivered,
  type Undelivered,
} from "../hub/deliveries.ts";
import { laneOf, type QueuedDelivery } from "./delivery_queue.ts";

/** What is to be recorded of a delivery that did not get through. */
export type UndeliveredResult = Omit<Undelivered, "eventId" | "claimNo">;

/** A delivery that goes back untried and may be claimed again at once. */
export const givenBack: UndeliveredResult = {
  state: "pending",
  isAttempt: false,
  delayMs: 0,
  isAlone: false,
  status: undefined,
  error: undefined,
  answer: undefined,
};

/**
 * Most deliveries in one statement. It bounds how long their rows are locked; what Postgres expects
 * of lists that it does not know suits a few hundred.
 */
const mostAtOnce = 500;

/**
 * How long results are gathered for one statement, ms, unless it is full before. A statement of a few
 * costs four times as much for each as one of hundreds; a daemon that dies sends again what it had
 * not recorded, and a contact's next event that was put off waits for the record.
 */
const gatherMs = 20;

/** Pause after the hub did not take results, ms; they are kept meanwhile. */
const retryPauseMs = 500;

/**
 * Records results in the hub, many in one statement. What goes back is recorded at once. What the hub did
 * not take is tried again until it does, or the claims run out and the events are sent once more.
 *
 * A lane is halted from the moment at which a delivery of it goes back until the hub knows, and no
 * claim that may not know it is under way: later events of the contact must not be sent before.
 */
export class DeliveryRecorder {
  readonly #sql: Sql;
  readonly #sink: string;
  readonly #onError: (error: unknown) => void;
  readonly #onRecorded: () => void;
  readonly #delivered: Delivered[] = [];
  readonly #undelivered: { readonly lane: string; readonly result: Undelivered }[] = [];
  readonly #halted = new Map<string, number>();
  #thawing: string[] = [];
  #isClaiming = false;
  #flushed = Promise.resolve();
  #isFlushing = false;
  #isGivingUp = false;
  #isEnding = false;
  /** Ends the gathering that goes on. */
  #hurry: () => void = () => undefined;

  constructor(
    sql: Sql,
    sink: string,
    on: { error: (error: unknown) => void; recorded: () => void },
  ) {
    this.#sql = sql;
    this.#sink = sink;
    this.#onError = on.error;
    this.#onRecorded = on.recorded;
  }

  /** Whether deliveries of the lane have to go back unsent for now. */
  isHalted(delivery: QueuedDelivery): boolean {
    return this.#halted.has(laneOf(delivery));
  }

  deliver(deliveries: readonly QueuedDelivery[], status: number): void {
    for (const { eventId, claimNo } of deliveries) {
      this.#delivered.push({ eventId, claimNo, status });
    }
    if (this.#delivered.length >= mostAtOnce) this.#hurry();
    this.#start();
  }

  undeliver(delivery: QueuedDelivery, result: UndeliveredResult): void {
    const { eventId, claimNo } = delivery;
    const lane = laneOf(delivery);
    this.#halted.set(lane, (this.#halted.get(lane) ?? 0) + 1);
    this.#undelivered.push({ lane, result: { eventId, claimNo, ...result } });
    this.#hurry();
    this.#start();
  }

  /** Runs a claim and handles what it answers, while halts that it may not know of stay. */
  async duringClaim(claim: () => Promise<void>): Promise<void> {
    this.#isClaiming = true;
    try {
      await claim();
    } finally {
      this.#isClaiming = false;
      const thawing = this.#thawing;
      this.#thawing = [];
      for (const lane of thawing) this.#thaw(lane);
    }
  }

  /** Resolves when everything is recorded, or after `timeoutMs`, and gives up on the rest. */
  async finish(timeoutMs: number): Promise<void> {
    this.#isEnding = true;
    this.#hurry();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([this.#flushed, limit]);
    clearTimeout(timer);
    this.#isGivingUp = true;
  }

  #start(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#flushed = this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#delivered.length + this.#undelivered.length > 0 && !this.#isGivingUp) {
      await this.#gather();
      const delivered = this.#delivered.splice(0, mostAtOnce);
      const undelivered = this.#undelivered.splice(0, mostAtOnce);
      try {
        if (delivered.length > 0) await recordDelivered(this.#sql, this.#sink, delivered);
        delivered.length = 0;
        const results = undelivered.map((each) => each.result);
        if (results.length > 0) await recordUndelivered(this.#sql, this.#sink, results);
        for (const { lane } of undelivered) this.#recorded(lane);
        this.#onRecorded();
      } catch (error) {
        this.#delivered.unshift(...delivered);
        this.#undelivered.unshift(...undelivered);
        this.#onError(error);
        await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
      }
    }
    // In the same turn as the look that found nothing: what comes now starts the next flush.
    this.#isFlushing = false;
  }

  /** Resolves when there is enough for a statement, or it is time; not before this turn has ended. */
  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, gatherMs);
      this.#hurry = () => {
        this.#hurry = () => undefined;
        clearTimeout(timer);
        setImmediate(resolve);
      };
      const isUrgent = this.#undelivered.length > 0 || this.#isEnding;
      if (isUrgent || this.#delivered.length >= mostAtOnce) this.#hurry();
    });
  }

  #recorded(lane: string): void {
    if (this.#isClaiming) this.#thawing.push(lane);
    else this.#thaw(lane);
  }

  #thaw(lane: string): void {
    const halts = (this.#halted.get(lane) ?? 1) - 1;
    if (halts === 0) this.#halted.delete(lane);
    else this.#halted.set(lane, halts);
  }
}
