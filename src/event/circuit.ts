/** Faults in a row that open a circuit: fewer take a hiccup for an outage, more cost events attempts. */
const openAfter = 5;

const firstPauseMs = 1_000;
/** A receiver that is back is found within this time. */
const longestPauseMs = 60_000;

/** A circuit's state: `open` sends nothing, `probing` sends one request and waits for its answer. */
export type CircuitState = "closed" | "open" | "probing";

/**
 * Keeps a dead sink from eating the attempts of every event that is queued for it: after several
 * faults in a row nothing is sent but one probe at a time, at growing intervals. Time is handed in.
 */
export class Circuit {
  #state: CircuitState = "closed";
  #faults = 0;
  #pauses = 0;
  #opensAtMs = 0;

  get state(): CircuitState {
    return this.#state;
  }

  /** How many requests may be on their way now: all, one, or none. An open pause that ended probes. */
  allowance(nowMs: number): number {
    if (this.#state === "open" && nowMs >= this.#opensAtMs) this.#state = "probing";
    return { closed: Number.POSITIVE_INFINITY, probing: 1, open: 0 }[this.#state];
  }

  /** When the next probe may go, ms since the epoch of the times handed in; now unless open. */
  nextProbeMs(nowMs: number): number {
    return this.#state === "open" ? this.#opensAtMs : nowMs;
  }

  /** The sink answered like one that works. Answers whether that closed the circuit. */
  succeed(): boolean {
    const wasClosed = this.#state === "closed";
    this.#state = "closed";
    this.#faults = 0;
    this.#pauses = 0;
    return !wasClosed;
  }

  /** The sink failed. Answers whether that opened the circuit, for the first time or again. */
  fail(nowMs: number): boolean {
    this.#faults++;
    if (this.#state === "closed" && this.#faults < openAfter) return false;
    if (this.#state === "open") return false;
    this.#state = "open";
    this.#opensAtMs = nowMs + Math.min(longestPauseMs, firstPauseMs * 2 ** this.#pauses);
    this.#pauses++;
    return true;
  }
}
