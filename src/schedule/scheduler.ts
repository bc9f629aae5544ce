import type { Sql } from "postgres";
import type { Clock } from "../clock.ts";
import {
  dropDueRuns,
  findDueRuns,
  findLastSuccesses,
  type RunCause,
  skipRun,
  type Tick,
} from "../hub/run.ts";
import type { Observe } from "../observe/observation.ts";
import { awaitMoment } from "./await_moment.ts";
import { debounce, type Debounced } from "./debounce.ts";
import type { Job } from "./job.ts";
import type { Runner, RunResult } from "./runner.ts";

/** What the scheduler works with; all of it is handed in. */
export interface SchedulerOptions {
  readonly hub: Sql;
  readonly runner: Runner;
  readonly daemonId: string;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** One request that waits for its turn. */
interface Waiting extends Tick {
  readonly isRetry: boolean;
}

/** One job and what is asked of it. */
interface Entry {
  readonly job: Job;
  readonly queue: Waiting[];
  readonly wakeUp: Debounced;
  isDraining: boolean;
  isRunning: boolean;
}

/** How long a name that runs elsewhere is left alone before it is asked for again, ms. */
const busyPauseMs = 500;

/**
 * How often the runs of dead daemons and due retries are looked for, ms. Halved, a dead daemon's
 * work is found sooner at the price of twice the idle queries (one index scan each).
 */
const sweepMs = 3_000;

/**
 * How long a wave of the start may hold up the next one, ms: long enough for a first import of a
 * big table or the time-outs of a database that is down, short enough that the rest is not forgotten.
 */
const longestWaveMs = 60_000;
const wavePollMs = 20;

/**
 * Decides what runs when: ticks of the jobs' schedules, wake-ups, followers, retries, and the ticks
 * that dead daemons left. Any number of daemons may do so on one hub; the runner's claims decide
 * which of them runs a tick.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #stopping = new AbortController();
  readonly #loops = new Set<Promise<void>>();
  /** Ends the clocks of the jobs that are known now, when others take their place. */
  #ticking = new AbortController();
  #entries = new Map<string, Entry>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Learns the jobs without running any on its own. */
  know(jobs: readonly Job[]): void {
    this.#entries = new Map(jobs.map((job) => [job.name, this.#enter(job)]));
  }

  /**
   * Goes on with other jobs, from the next run of each on: what runs is not disturbed, what waits
   * waits for the new job of its name, and jobs that are new make up for what they missed.
   */
  replace(jobs: readonly Job[]): void {
    const before = this.#entries;
    this.#ticking.abort();
    this.#ticking = new AbortController();
    this.know(jobs);
    for (const [name, { queue, wakeUp }] of before) {
      wakeUp.stop();
      for (const waiting of queue.splice(0)) this.#ask({ ...waiting, name });
    }
    const now = this.#options.clock.now();
    for (const job of jobs) this.#keep(this.#tick(job, now));
    const added = jobs.filter((job) => !before.has(job.name));
    if (added.length > 0) this.#keep(this.#makeUp(added, now));
  }

  /**
   * Takes up the jobs: what was missed, wave by wave, and from now on by the clock. `caughtUp`
   * resolves when the waves are through; the clock does not wait for them.
   */
  async start(jobs: readonly Job[]): Promise<{ readonly caughtUp: Promise<void> }> {
    this.know(jobs);
    const now = this.#options.clock.now();
    const successes = await findLastSuccesses(this.#options.hub);
    const caughtUp = this.#startWaves(jobs, successes, now);
    this.#keep(caughtUp);
    for (const job of jobs) this.#keep(this.#tick(job, now));
    this.#keep(this.#sweep());
    return { caughtUp };
  }

  /** Asks for a run of `name` now; requests that come while one waits become one. */
  request(name: string, cause: RunCause): void {
    this.#ask({ name, scheduledAt: this.#options.clock.now(), cause, isRetry: false });
  }

  /** A notification for `name` arrived: asks for a run at once and for one more after a burst. */
  wake(name: string): void {
    this.#entries.get(name)?.wakeUp.wake();
  }

  /**
   * Runs one tick now, waiting while the name is busy, and answers how it ended. `isRetry`: also one
   * that was tried before and did not succeed.
   */
  async runTick(tick: Tick, isRetry = false): Promise<RunResult> {
    const entry = this.#entries.get(tick.name);
    if (entry === undefined) return { state: "taken" };
    const { job } = entry;
    for (;;) {
      const result = await this.#options.runner.run({
        ...tick,
        isRetry,
        work: job.work,
        supersedesOlder: job.supersedesOlder,
      });
      if (result.state !== "busy") return result;
      if (job.skipsWhenBusy && tick.cause === "schedule") {
        await skipRun(this.#options.hub, { ...tick, daemonId: this.#options.daemonId });
        return { state: "taken" };
      }
      await this.#options.clock.sleep(busyPauseMs, this.#stopping.signal);
    }
  }

  /** Asks for nothing more and waits until what was asked for has left its queue. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const entry of this.#entries.values()) {
      entry.wakeUp.stop();
      entry.queue.length = 0;
    }
    await Promise.all(this.#loops);
  }

  #keep(loop: Promise<void>): void {
    this.#loops.add(loop);
    void loop.finally(() => this.#loops.delete(loop));
  }

  /** Makes up for what new jobs missed, as soon as the hub says what that is. */
  async #makeUp(jobs: readonly Job[], now: Date): Promise<void> {
    do {
      try {
        const successes = await findLastSuccesses(this.#options.hub);
        return await this.#startWaves(jobs, successes, now);
      } catch {
        // The hub does not answer; the next try comes by itself, and its listener says so aloud.
      }
    } while (await this.#sleep(sweepMs));
  }

  /** What later waves read, earlier ones write: imports, then segments and triggers, then exports. */
  async #startWaves(
    jobs: readonly Job[],
    successes: ReadonlyMap<string, Date>,
    now: Date,
  ): Promise<void> {
    for (const wave of [...new Set(jobs.map((job) => job.wave))].sort()) {
      const members = jobs.filter((job) => job.wave === wave);
      for (const job of members) {
        // A run at start does the work of every missed tick where newer runs supersede older ones.
        const missed = job.runsAtStart && job.supersedesOlder
          ? []
          : job.missedTicks(successes.get(job.name), now);
        for (const scheduledAt of missed) {
          this.#ask({ name: job.name, scheduledAt, cause: "catch_up", isRetry: false });
        }
        if (job.runsAtStart) this.request(job.name, "start");
      }
      const isDone = () => members.every((job) => !this.#entries.get(job.name)?.isDraining);
      const endsAt = performance.now() + longestWaveMs;
      while (!isDone() && performance.now() < endsAt) {
        if (!await this.#sleep(wavePollMs)) return;
      }
    }
  }

  #enter(job: Job): Entry {
    const wakeUp = debounce(() => this.request(job.name, "notify"), job.debounceMs);
    return { job, queue: [], wakeUp, isDraining: false, isRunning: false };
  }

  #ask(waiting: Waiting): void {
    const entry = this.#entries.get(waiting.name);
    if (entry === undefined || this.#stopping.signal.aborted) return;
    const { queue, job } = entry;
    const atMs = waiting.scheduledAt.getTime();
    if (queue.some((other) => other.scheduledAt.getTime() === atMs)) return;
    if (job.skipsWhenBusy && entry.isRunning && waiting.cause === "schedule") {
      return this.#keep(this.#skip(waiting));
    }
    if (job.supersedesOlder) queue.length = 0;
    queue.push(waiting);
    if (!entry.isDraining) void this.#drain(entry);
  }

  /** Records that a tick was left out; a hub that does not answer is told of by its listener. */
  #skip(tick: Tick): Promise<void> {
    const { hub, daemonId } = this.#options;
    return skipRun(hub, { ...tick, daemonId }).catch(() => undefined);
  }

  async #drain(entry: Entry): Promise<void> {
    entry.isDraining = true;
    for (let next = entry.queue.shift(); next !== undefined; next = entry.queue.shift()) {
      const { cause, isRetry } = next;
      entry.isRunning = true;
      const result = await this.runTick(next, isRetry).catch(() => undefined);
      entry.isRunning = false;
      if (result?.state === "succeeded") {
        for (const name of entry.job.followers(cause, result.counts)) {
          this.#ask({ ...next, name, isRetry: false });
        }
      }
      if (result?.state !== "failed" || result.retryInMs === undefined) continue;
      if (!result.isUnrecorded) this.#keep(this.#sweepAfter(result.retryInMs));
      else {
        // The hub may not know of this tick, so nobody else would make up for it.
        if (!entry.job.supersedesOlder || entry.queue.length === 0) entry.queue.unshift(next);
        await this.#sleep(result.retryInMs);
      }
    }
    entry.isDraining = false;
  }

  /** One job's clock. */
  async #tick(job: Job, startedAt: Date): Promise<void> {
    const { ticks } = job;
    const { clock } = this.#options;
    const signal = AbortSignal.any([this.#ticking.signal, this.#stopping.signal]);
    let last = startedAt;
    for (let next = ticks?.next(last); next !== undefined; next = ticks?.next(last)) {
      const awaited = await awaitMoment(clock, next, signal);
      if (awaited === "stopped") return;
      // Ticks that ran already are taken; the others would wait until the old time comes again.
      if (awaited === "set_back") last = clock.now();
      else {
        const now = new Date(clock.now().getTime() + 1);
        const due = ticks?.previous(now) ?? next;
        last = due > next ? due : next;
        this.#askForTicks(job, next, last, now);
      }
    }
  }

  /** Asks for the tick that came; for what its job makes up for where the clock jumped over several. */
  #askForTicks(job: Job, next: Date, last: Date, now: Date): void {
    const hasJumped = last > next && !job.supersedesOlder;
    const cause = hasJumped ? "catch_up" : "schedule";
    const due = hasJumped ? job.missedTicks(new Date(next.getTime() - 1), now) : [last];
    for (const scheduledAt of due) {
      this.#ask({ name: job.name, scheduledAt, cause, isRetry: false });
    }
  }

  #sleep(ms: number): Promise<boolean> {
    return this.#options.clock.sleep(ms, this.#stopping.signal).then(() => true, () => false);
  }

  async #sweep(): Promise<void> {
    while (await this.#sleep(sweepMs)) await this.#askForDueRuns();
  }

  async #sweepAfter(ms: number): Promise<void> {
    if (await this.#sleep(ms)) await this.#askForDueRuns();
  }

  async #askForDueRuns(): Promise<void> {
    const { hub } = this.#options;
    try {
      for (const tick of await findDueRuns(hub)) {
        if (this.#entries.has(tick.name)) this.#ask({ ...tick, isRetry: true });
        else await dropDueRuns(hub, tick.name);
      }
    } catch {
      // The hub does not answer; the next look comes by itself, and its listener says so aloud.
    }
  }
}
