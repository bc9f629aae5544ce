import type { Sql } from "postgres";
import type { Clock } from "../clock.ts";
import { PerigeeError } from "../error.ts";
import { claimLease, type Lease, releaseLease, renewLease } from "../hub/lease.ts";
import { type ClaimedRun, claimRun, finishRun, supersedeRuns, type Tick } from "../hub/run.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts, Observe } from "../observe/observation.ts";
import { noteFailure, withSpan } from "../observe/trace.ts";
import { retryDelayMs } from "./retry.ts";

/** What a run does; its counts become part of the run's record. */
export type Work = (context: RunContext) => Promise<Counts>;

/** How one request to run ended. */
export type RunResult =
  | { readonly state: "succeeded"; readonly counts: Counts }
  | {
    readonly state: "failed";
    readonly error: PerigeeError;
    readonly retryInMs?: number;
    /** The hub did not answer, so it may not know of the tick: who asked has to ask again. */
    readonly isUnrecorded?: true;
  }
  /** This tick was claimed before. */
  | { readonly state: "taken" }
  /** The name runs right now, here or elsewhere; ask again. */
  | { readonly state: "busy" };

/** One request to run. */
export interface RunRequest extends Tick {
  readonly work: Work;
  /** Takes up a tick that was claimed before and did not succeed. */
  readonly isRetry: boolean;
  /** True where a newer run does the work of all older ones; false where each tick counts. */
  readonly supersedesOlder: boolean;
}

/** The right to run a tick. */
interface Claim {
  readonly lease: Lease;
  readonly run: ClaimedRun;
}

/**
 * Wait before a run of which the hub may not know is asked for again, ms, whatever the failure: all
 * that its name does waits meanwhile. Halved, a hub that is away is asked twice as often.
 */
const unrecordedRetryMs = 1_000;

/** What the runner works with; all of it is handed in. */
export interface RunnerOptions {
  readonly hub: Sql;
  readonly daemonId: string;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Turns whatever a run throws into the error that is recorded. */
  readonly describe: (error: unknown, name: string) => PerigeeError;
  /**
   * How long a lease lasts without renewal, ms. Halved, a hub that answers slowly costs runs their
   * lease; doubled, a dead daemon's work waits twice as long for another one.
   */
  readonly leaseMs: number;
}

/**
 * Executes runs, one at a time per name across all daemons: a run begins by claiming the name's
 * lease and the tick's row, keeps the lease alive while it works, and gives it back at its end.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<RunResult>>();
  #knownMigrations: readonly number[] | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong is recorded where the hub answers, observed and answered. */
  run(request: RunRequest): Promise<RunResult> {
    const running = this.#claimAndRun(request).catch((thrown): RunResult => {
      const error = this.#options.describe(thrown, request.name);
      this.#options.observe({ kind: "fault", where: request.name, error });
      return { state: "failed", error, retryInMs: unrecordedRetryMs, isUnrecorded: true };
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
    return running;
  }

  /**
   * Claims no tick from now on where the hub has a migration of another number: it would be for a
   * schema that this version does not know.
   */
  requireMigrations(known: readonly number[]): void {
    this.#knownMigrations = known;
  }

  /** Resolves when the runs that are at work now have ended. */
  async whenIdle(): Promise<void> {
    await Promise.allSettled([...this.#running]);
  }

  /** Asks every run to stop and waits for them, at most `timeoutMs`; answers how many had not. */
  async stop(timeoutMs: number): Promise<number> {
    this.#stopping.abort(
      new PerigeeError("the daemon is stopping", { kind: "shutdown", code: "PG412" }),
    );
    const waiting = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#running),
      this.#options.clock.sleep(timeoutMs, waiting.signal).catch(() => undefined),
    ]);
    waiting.abort();
    return this.#running.size;
  }

  async #claimAndRun(request: RunRequest): Promise<RunResult> {
    if (this.#stopping.signal.aborted) return { state: "taken" };
    const claim = await this.#claim(request);
    if (typeof claim === "string") return { state: claim };
    try {
      return await this.#trace(request, claim);
    } finally {
      await releaseLease(this.#options.hub, claim.lease);
    }
  }

  /**
   * The name's lease and the tick's row appear together: nobody sees a name that is busy with a tick
   * which can still be recorded as left out, nor one whose holder only looks whether there is work.
   */
  #claim(request: RunRequest): Promise<Claim | "busy" | "taken"> {
    const { hub, daemonId, leaseMs } = this.#options;
    const knownMigrations = this.#knownMigrations;
    const { name, supersedesOlder } = request;
    return hub.begin(async (sql) => {
      const lease = await claimLease(sql, name, daemonId, leaseMs);
      if (lease === undefined) return "busy";
      const run = await claimRun(sql, { ...request, daemonId, knownMigrations });
      if (run === undefined) {
        await releaseLease(sql, lease);
        return "taken";
      }
      if (supersedesOlder) await supersedeRuns(sql, name, run.runId);
      return { lease, run };
    }) as Promise<Claim | "busy" | "taken">;
  }

  /** One run as a span, with what it did as attributes. */
  #trace(request: RunRequest, { run, lease }: Claim): Promise<RunResult> {
    const { name, cause } = request;
    const kind = name.slice(0, name.indexOf("/"));
    const attributes = {
      "perigee.run.name": name,
      "perigee.run.kind": kind,
      "perigee.run.cause": cause,
      "perigee.run.id": run.runId,
      "perigee.run.attempt": run.attempts,
    };
    return withSpan({ name: `run ${kind}`, attributes }, async (span) => {
      const result = await this.#execute(request, run, lease);
      if (result.state === "failed") noteFailure(span, result.error);
      if (result.state === "succeeded") span.setAttributes(describeCounts(result.counts));
      return result;
    });
  }

  async #execute(request: RunRequest, claimed: ClaimedRun, lease: Lease): Promise<RunResult> {
    const { hub, daemonId, clock, observe } = this.#options;
    const { name, scheduledAt, cause } = request;
    const { runId } = claimed;
    const renewal = this.#keepLease(lease);
    const startedAt = performance.now();
    observe(
      claimed.attempts > 1
        ? { kind: "run_taken_over", name, runId }
        : { kind: "run_started", name, runId, cause },
    );
    try {
      const signal = AbortSignal.any([this.#stopping.signal, renewal.lost]);
      const context = { runId, name, scheduledAt, cause, lease, signal, observe, clock };
      const counts = await request.work(context);
      await finishRun(hub, runId, daemonId, { state: "succeeded", counts });
      const durationMs = performance.now() - startedAt;
      observe({ kind: "run_finished", name, runId, state: "succeeded", durationMs, counts });
      return { state: "succeeded", counts };
    } catch (thrown) {
      return await this.#fail(thrown, request, claimed, performance.now() - startedAt);
    } finally {
      renewal.stop();
    }
  }

  async #fail(
    thrown: unknown,
    { name }: RunRequest,
    { runId, attempts }: ClaimedRun,
    durationMs: number,
  ): Promise<RunResult> {
    const { hub, daemonId, observe, describe } = this.#options;
    const isStopping = this.#stopping.signal.aborted;
    const error = isStopping
      ? this.#stopping.signal.reason as PerigeeError
      : describe(thrown, name);
    // What a stopping daemon leaves is for the next one, at once.
    const retryInMs = isStopping ? 0 : retryDelayMs(error, attempts);
    observe({ kind: "run_failed", name, runId, durationMs, error, retryInMs });
    const state = isStopping ? "abandoned" : "failed";
    await finishRun(hub, runId, daemonId, { state, error, retryInMs });
    return { state: "failed", error, ...(retryInMs === undefined ? {} : { retryInMs }) };
  }

  /** Renews the lease three times in its life; `lost` aborts as soon as it is not ours any more. */
  #keepLease(lease: Lease): { readonly lost: AbortSignal; stop(): void } {
    const { hub, leaseMs } = this.#options;
    const lost = new AbortController();
    let renewedAt = performance.now();
    const renew = async (): Promise<boolean> => {
      const askedAt = performance.now();
      const isOurs = await renewLease(hub, lease, leaseMs).catch(() => undefined);
      if (isOurs) renewedAt = askedAt;
      // A hub that does not answer says nothing; the lease is ours until it runs out.
      return isOurs ?? performance.now() - renewedAt < leaseMs;
    };
    const timer = setInterval(async () => {
      if (await renew()) return;
      clearInterval(timer);
      lost.abort(
        new PerigeeError(`the run of ${lease.name} lost its lease`, {
          kind: "conflict",
          code: "PG410",
          advice: "Nothing to do: another daemon goes on, or the run is tried again.",
        }),
      );
    }, leaseMs / 3);
    return { lost: lost.signal, stop: () => clearInterval(timer) };
  }
}

/** Counts of rows that a run changed somewhere; the others are of what it looked at. */
const changedRows = ["inserted", "updated", "written", "deleted", "entered", "left", "events"];

function describeCounts(counts: Counts): Record<string, number> {
  const rows = changedRows.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const each = Object.entries(counts).map(([name, count]) => [`perigee.counts.${name}`, count]);
  return { "perigee.rows": rows, ...Object.fromEntries(each) };
}
