import type { AlertKey, Trouble } from "../hub/alerts.ts";
import type { Observation } from "../observe/observation.ts";
import { alertCodes } from "./codes.ts";

/** What the configuration names, for what to ask the watch about. */
export interface Watched {
  readonly connectors: Iterable<string>;
  readonly sinks: Iterable<string>;
}

/** What a daemon itself sees, apart from the hub. */
export interface Seen {
  readonly troubles: readonly Trouble[];
  /** What it has seen neither well nor in trouble since it started. */
  readonly unknown: readonly AlertKey[];
}

/**
 * Learns from observations how connectors, sinks and the configuration stand. It outlives
 * configurations, so that a reload forgets nothing.
 */
export class AlertWatch {
  /** By subject; null is well, absent is unknown. */
  readonly #known = new Map<string, Trouble | null>();
  #onChange: () => void = () => {};

  /** Calls `listener` when something may have changed; the last one given counts. */
  listen(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Takes in one observation. */
  observe(observation: Observation): void {
    if (observation.kind === "connector_checked") this.#note(`connector/${observation.connector}`);
    else if (observation.kind === "connector_failed") {
      const { code, message, advice } = observation.error;
      const subject = `connector/${observation.connector}`;
      this.#note(subject, { subject, condition: "down", code, message, advice });
    } else if (observation.kind === "sink_changed") this.#noteSink(observation);
    else if (observation.kind === "delivery_attempted") {
      if (observation.outcome === "delivered") this.#note(`sink/${observation.sink}`);
    } else if (observation.kind === "config_reloaded") this.#note("configuration");
    else if (observation.kind === "config_refused") this.#noteRefusal(observation.problems);
    else if (observation.kind === "run_failed") this.#onChange();
  }

  /** How those stand that the configuration names. */
  look({ connectors, sinks }: Watched): Seen {
    const keys = [
      ...[...connectors].map((name) => ({ subject: `connector/${name}`, condition: "down" })),
      ...[...sinks].map((name) => ({ subject: `sink/${name}`, condition: "open" })),
    ];
    const unknown = keys.filter(({ subject }) => !this.#known.has(subject));
    const troubles = [...keys.map(({ subject }) => subject), "configuration"]
      .map((subject) => this.#known.get(subject))
      .filter((trouble) => trouble !== undefined && trouble !== null);
    return { troubles, unknown };
  }

  #noteSink({ sink, state, reason }: Extract<Observation, { kind: "sink_changed" }>): void {
    const subject = `sink/${sink}`;
    if (state === "closed" || state === "resumed") return this.#note(subject);
    // Paused is what somebody wants; disabled is in the hub, where all daemons see it.
    if (state !== "open") return this.#onChange();
    const message = `${subject} takes no events: ${reason}`;
    const { advice } = alertCodes.PG700;
    this.#note(subject, { subject, condition: "open", code: "PG700", message, advice });
  }

  #noteRefusal(problems: number): void {
    const noun = problems === 1 ? "problem" : "problems";
    this.#note("configuration", {
      subject: "configuration",
      condition: "refused",
      code: "PG920",
      message: `a newer configuration has ${problems} ${noun} and was refused; the old one stays`,
      advice: "`perigee check` lists the problems, and so does the log.",
    });
  }

  #note(subject: string, trouble: Trouble | null = null): void {
    const before = this.#known.get(subject);
    this.#known.set(subject, trouble);
    const isChange = before === undefined
      ? trouble !== null
      : (before === null) !== (trouble === null);
    if (isChange) this.#onChange();
  }
}
