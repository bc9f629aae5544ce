import type { RunCause } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import type { Work } from "./runner.ts";
import type { Ticks } from "./ticks.ts";

/** A channel of a customer's database whose NOTIFY makes a job run. */
export interface JobChannel {
  readonly connector: string;
  readonly channel: string;
}

/** Something that runs: an import, segment, trigger or export of the configuration. */
export interface Job {
  /** `export/shop`. */
  readonly name: string;
  /** Order at start: jobs of a wave begin when those of lower waves are through. */
  readonly wave: number;
  readonly ticks: Ticks | undefined;
  readonly work: Work;
  /** Runs once when the daemon starts, as if it had been notified while it was down. */
  readonly runsAtStart: boolean;
  /** True where a newer run does the work of all older ones; false where each tick counts. */
  readonly supersedesOlder: boolean;
  /** A tick that finds the job running is left out instead of waiting. */
  readonly skipsWhenBusy: boolean;
  readonly channels: readonly JobChannel[];
  /** How long a burst of notifications is gathered, ms. */
  readonly debounceMs: number;
  /** Names of jobs to ask for after a run that succeeded. */
  followers(cause: RunCause, counts: Counts): readonly string[];
  /** Ticks that were missed while no daemon ran, oldest first; empty where none is made up for. */
  missedTicks(lastSuccess: Date | undefined, now: Date): readonly Date[];
}
