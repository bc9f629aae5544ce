import type { Clock } from "../clock.ts";
import type { PerigeeError } from "../error.ts";
import type { Observation } from "../observe/observation.ts";

/** An error that this daemon met, with how often it did. */
export interface RecentError {
  /** `export/shop`, `connector/shop`, `http`. */
  readonly where: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string | undefined;
  /** When it was met last, ISO 8601 in UTC. */
  readonly at: string;
  readonly times: number;
}

/** Most errors that are remembered; more than a person reads. */
const most = 30;

/**
 * The last errors of this daemon, one entry for each place and code, in memory: also those that were
 * made good meanwhile, of which the hub keeps nothing.
 */
export class RecentErrors {
  readonly #clock: Clock;
  readonly #entries = new Map<string, RecentError>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in one observation. */
  observe(observation: Observation): void {
    const { kind } = observation;
    if (kind === "fault") this.#note(observation.where, observation.error);
    else if (kind === "run_failed") this.#note(observation.name, observation.error);
    else if (kind === "connector_failed") {
      this.#note(`connector/${observation.connector}`, observation.error);
    } else if (kind === "listen_failed") {
      this.#note(`listen at ${observation.target}`, observation.error);
    } else if (kind === "render_failed") {
      this.#note(`message/${observation.message}`, observation.error);
    }
  }

  /** The newest first. */
  list(): RecentError[] {
    return [...this.#entries.values()].reverse();
  }

  #note(where: string, { code, message, advice }: PerigeeError): void {
    // What a stopping daemon leaves to the next one is no error.
    if (code === "PG412") return;
    const key = `${code} ${where}`;
    const times = (this.#entries.get(key)?.times ?? 0) + 1;
    const at = this.#clock.now().toISOString();
    this.#entries.delete(key);
    this.#entries.set(key, { where, code, message, advice, at, times });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > most && oldest !== undefined) this.#entries.delete(oldest);
  }
}
