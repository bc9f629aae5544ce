import type { Observation, Observe } from "./observation.ts";

type Progress = Extract<Observation, { kind: "work_progress" }>;

/** What is being done just now. */
export type Stage = Progress["stage"];

/** Shortest time between two observations, ms. Half would flicker, twice would look stuck. */
const tellEveryMs = 1_000;

/** Shortest time between two lines of a log, ms: a load of an hour fills six screens and not sixty. */
const logEveryMs = 10_000;

/**
 * Tells how far a piece of long work has come: nothing in its first second, then once a second, and
 * each new stage at once. `advance` is cheap enough for every batch of a COPY. One for each piece.
 */
export class ProgressTeller {
  readonly #observe: Observe;
  readonly #subject: Pick<Progress, "name" | "what" | "unit">;
  readonly #now: () => number;
  #stage: Stage = "copied";
  #total: number | undefined;
  #done = 0;
  #beganAt: number;
  #toldAt: number;
  #loggedAt: number;

  constructor(
    observe: Observe,
    subject: Pick<Progress, "name" | "what" | "unit">,
    now: () => number = () => performance.now(),
  ) {
    this.#observe = observe;
    this.#subject = subject;
    this.#now = now;
    this.#beganAt = this.#toldAt = this.#loggedAt = now();
  }

  /** Begins a stage of about `total` units; undefined where nobody knows how many. */
  begin(stage: Stage, total: number | undefined): void {
    const now = this.#now();
    const wasSilent = this.#toldAt === this.#beganAt && now - this.#beganAt < tellEveryMs;
    [this.#stage, this.#total, this.#done, this.#beganAt] = [stage, total, 0, now];
    if (wasSilent) this.#toldAt = now;
    else this.#tell(now);
  }

  /** That many more units are done. */
  advance(units: number): void {
    this.reach(this.#done + units);
  }

  /** So many units are done since the stage began. */
  reach(units: number): void {
    this.#done = units;
    const now = this.#now();
    if (now - this.#toldAt >= tellEveryMs) this.#tell(now);
  }

  #tell(now: number): void {
    this.#toldAt = now;
    const isForLog = now - this.#loggedAt >= logEveryMs;
    if (isForLog) this.#loggedAt = now;
    this.#observe({
      kind: "work_progress",
      ...this.#subject,
      stage: this.#stage,
      done: this.#done,
      total: this.#total,
      elapsedMs: now - this.#beganAt,
      isForLog,
    });
  }
}
