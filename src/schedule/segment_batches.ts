import type { Config } from "../config/model.ts";
import type { SegmentConfig } from "../config/model_segment.ts";
import { PerigeeError } from "../error.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import {
  runSegment,
  runSegments,
  type SegmentDeps,
  type SegmentRun,
} from "../segment/run_segment.ts";
import { forEachNode, segmentSources } from "../segment/source_catalog.ts";

/**
 * How long a run waits for others of the same tick, ms, each time that another one came. Halved,
 * claims that a busy hub delays miss their batch; doubled, every tick begins later for nothing.
 */
const gatherMs = 25;

/** Segments of one batch at most: all of them become visible in one transaction of the hub. */
const largestBatch = 100;

/** A failure of one of these kinds is that of all: trying one by one would only wait for each. */
const sharedKinds: ReadonlySet<string> = new Set(["connection", "credentials", "shutdown"]);

interface Waiting extends SegmentRun {
  readonly resolve: (counts: Counts) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Evaluates segments that are due at the same time and read the same sources in one pass, so that
 * they share scans; what reads something else does not wait for a slow table. Each keeps its own run,
 * lease and outcome: when a batch fails, its segments are evaluated one by one, and a broken one fails
 * alone.
 */
export class SegmentBatches {
  readonly #deps: SegmentDeps;
  readonly #groups: ReadonlyMap<string, string>;
  readonly #sizes = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(deps: SegmentDeps) {
    this.#deps = deps;
    this.#groups = new Map(
      [...deps.config.segments.values()].map((segment) =>
        [segment.name, groupOf(segment, deps.config)] as const
      ),
    );
    for (const group of this.#groups.values()) {
      this.#sizes.set(group, (this.#sizes.get(group) ?? 0) + 1);
    }
  }

  /** Evaluates one segment, together with others where there are such. Errors are its own. */
  run(segment: SegmentConfig, context: RunContext): Promise<Counts> {
    const group = this.#groups.get(segment.name) ?? "";
    const isAlone = group === "" || (this.#sizes.get(group) ?? 0) < 2;
    if (isAlone || context.cause === "command") return runSegment(segment, context, this.#deps);
    const batch = `${group}\n${momentOf(context)}`;
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(batch);
      const entry = { segment, context, resolve, reject };
      if (waiting !== undefined) return void waiting.push(entry);
      this.#waiting.set(batch, [entry]);
      void this.#gather(batch, this.#sizes.get(group) ?? 0, context);
    });
  }

  /** Waits until no other run comes or all are there, and evaluates those that are. Never rejects. */
  async #gather(batch: string, all: number, { clock, signal }: RunContext): Promise<void> {
    const waiting = this.#waiting.get(batch) ?? [];
    for (let known = 0; known < waiting.length && waiting.length < all;) {
      known = waiting.length;
      await clock.sleep(gatherMs, signal).catch(() => undefined); // The runs see the signal themselves.
    }
    this.#waiting.delete(batch);
    for (let start = 0; start < waiting.length; start += largestBatch) {
      await this.#evaluate(waiting.slice(start, start + largestBatch));
    }
  }

  async #evaluate(batch: readonly Waiting[]): Promise<void> {
    try {
      const counts = await runSegments(batch, this.#deps);
      batch.forEach(({ resolve }, index) => resolve(counts[index] ?? {}));
    } catch (error) {
      const isShared = error instanceof PerigeeError && sharedKinds.has(error.kind);
      if (batch.length === 1 || isShared) batch.forEach(({ reject }) => reject(error));
      else for (const each of batch) await this.#evaluate([each]);
    }
  }
}

/** The sources that it shares with others; nothing where it has none, or SQL of its own. */
function groupOf(segment: SegmentConfig, config: Config): string {
  let hasSql = false;
  forEachNode(segment, config, ({ kind }) => void (hasSql ||= kind === "sql"));
  return hasSql ? "" : [...segmentSources(segment, config)].sort().join("\n");
}

/**
 * What "now" is to a run. Ticks of a schedule mean the same moment to all of their segments; runs
 * that a notification or the daemon's start asked for were asked for within moments of each other.
 */
function momentOf({ cause, scheduledAt }: RunContext): string {
  return cause === "notify" || cause === "start" ? cause : scheduledAt.toISOString();
}
