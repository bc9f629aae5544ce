import { randomUUID } from "node:crypto";
import { AlertWatch } from "./alert/alert_watch.ts";
import type { Clock } from "./clock.ts";
import type { LoadResult } from "./config/load.ts";
import type { Config } from "./config/model.ts";
import { startDrainWatch } from "./drain.ts";
import { type Foundation, type Generation, prepareGeneration } from "./generation.ts";
import { DaemonHealth } from "./http/daemon_health.ts";
import { RecentErrors } from "./http/recent_errors.ts";
import { ScrapedMetrics } from "./http/scraped_metrics.ts";
import { createEventLoopMeter } from "./observe/event_loop.ts";
import { createMetrics } from "./observe/metrics.ts";
import type { Observation, Observe } from "./observe/observation.ts";
import { migrateHub, openHub } from "./open_hub.ts";
import { createReload } from "./reload.ts";
import { RetiredGenerations } from "./retired_generations.ts";
import { runtimeName, serve } from "./runtime.ts";
import { type Sample, startSample } from "./sample/start_sample.ts";
import { describeRunFailure } from "./schedule/run_failure.ts";
import { Runner } from "./schedule/runner.ts";
import { Scheduler } from "./schedule/scheduler.ts";
import { readVersion } from "./version.ts";

/** Three renewals fit into it; see `RunnerOptions.leaseMs`. */
const leaseMs = 15_000;

/** What a daemon is made of. */
export interface DaemonOptions {
  /** As loaded; `embedded:` addresses are filled in here. */
  readonly config: Config;
  /** Loads the configuration again, for a reload. */
  readonly load: () => Promise<LoadResult>;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** A running daemon. */
export interface Daemon {
  /** The configuration that it started with, with every address known. */
  readonly config: Config;
  /** Where it serves HTTP. */
  readonly url: string;
  /** Resolves when what was missed while no daemon ran has been made up for. */
  readonly caughtUp: Promise<void>;
  /** Asks for a reload; a bad configuration is refused and the running one stays. */
  reload(): void;
  /**
   * Stops new work, lets runs finish or roll back within the configured limit, and closes
   * everything in reverse order. Answers how many runs did not end in time.
   */
  stop(reason: string): Promise<number>;
}

/** How something that was opened is closed. */
type Close = () => Promise<unknown> | unknown;

/**
 * Starts everything in order: hub, HTTP, migrations, deliveries, schedules. When a step fails, what
 * was opened before is closed and the error goes on to the caller.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const opened: Close[] = [];
  const close = async () => {
    for (let next = opened.pop(); next !== undefined; next = opened.pop()) await next();
  };
  try {
    const base = await openFoundation(options, opened);
    return await openGeneration(options, base, opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

interface Base {
  readonly foundation: Foundation;
  readonly runner: Runner;
  readonly sample: Sample;
  /** What the hub's channel `perigee` asks for, by word. */
  readonly handlers: Map<string, () => void>;
  readonly startedAt: number;
}

/** What outlives configurations: the sample, the hub, the runner and the scheduler. */
async function openFoundation(options: DaemonOptions, opened: Close[]): Promise<Base> {
  const startedAt = performance.now();
  const { clock } = options;
  const [version, runtime, daemonId] = [await readVersion(), runtimeName(), randomUUID()];
  const health = new DaemonHealth({ version, runtime, clock });
  const metrics = createMetrics(clock);
  const scraped = new ScrapedMetrics(metrics.registry);
  opened.push(createEventLoopMeter(metrics.registry).start());
  const errors = new RecentErrors(clock);
  const alerts = new AlertWatch();
  const observe = (observation: Observation) => {
    health.observe(observation);
    metrics.observe(observation);
    errors.observe(observation);
    alerts.observe(observation);
    options.observe(observation);
  };
  observe({ kind: "daemon_starting", version, runtime });
  const sample = await startSample(options.config, observe);
  opened.push(() => sample.close());
  const hub = await openHub(options.config, {
    observe,
    usesRunningCluster: false,
    ...(sample.receiverUrl === undefined ? {} : { receiverUrl: sample.receiverUrl }),
  });
  opened.push(() => hub.close(hub.config.server.shutdownTimeoutMs));
  health.useHub(hub.pool);
  const { sql } = hub.pool;
  const describe = (error: unknown, name: string) => describeRunFailure(error, name, hub.target);
  const runner = new Runner({ hub: sql, daemonId, clock, observe, leaseMs, describe });
  const scheduler = new Scheduler({ hub: sql, runner, daemonId, clock, observe });
  const handlers = new Map<string, () => void>();
  const onCommand = (payload: string) => handlers.get(payload)?.();
  const watches = { health, metrics, scraped, errors, alerts };
  const foundation = { hub, clock, observe, scheduler, ...watches, daemonId, onCommand };
  return { foundation, runner, sample, handlers, startedAt };
}

/** What one configuration asks for, the server in front of it, and how it is replaced. */
async function openGeneration(
  options: DaemonOptions,
  { foundation, runner, sample, handlers, startedAt }: Base,
  opened: Close[],
  close: () => Promise<void>,
): Promise<Daemon> {
  const { hub, observe, scheduler } = foundation;
  const { host, port, requestTimeoutMs } = hub.config.server;
  const limitMs = () => current.config.server.shutdownTimeoutMs;
  let current: Generation = prepareGeneration(hub.config, foundation);
  opened.push(() => current.close(limitMs()));
  const retired = new RetiredGenerations(observe);
  opened.push(() => retired.close(limitMs()));
  const server = await serve({
    host,
    port,
    headersTimeoutMs: requestTimeoutMs,
    fetch: (request, peer) => current.fetch(request, peer),
  });
  opened.push(() => server.stop(limitMs()));
  const known = await migrateHub(hub.listenTarget, observe);
  runner.requireMigrations(known);
  await sample.seed(hub.pool.sql, current.connectors);
  const routed = current.start();
  opened.push(() => current.quiesce());
  const { caughtUp } = await scheduler.start(current.jobs);
  const reload = createReload({
    loaded: options.config,
    load: options.load,
    foundation,
    runner,
    current: () => current,
    swap: (next) => current = next,
    retire: (before, timeoutMs) => retired.retire(before, timeoutMs),
  });
  const drain = startDrainWatch({ foundation, runner, reload, current: () => current, known });
  opened.push(() => drain.stop());
  handlers.set("reload", () => reload.wake());
  handlers.set("migrated", () => drain.wake());
  await routed;
  observe({ kind: "daemon_ready", url: server.url, startedInMs: performance.now() - startedAt });
  return {
    config: current.config,
    url: server.url,
    caughtUp: caughtUp.then(() => sample.link(hub.pool.sql)),
    reload: () => reload.wake(),
    async stop(reason) {
      observe({ kind: "daemon_stopping", reason });
      const reloaded = reload.stop();
      const stopped = runner.stop(limitMs());
      await Promise.all([reloaded, scheduler.stop()]);
      const unfinished = await stopped;
      await close();
      observe({ kind: "daemon_stopped", unfinished });
      return unfinished;
    },
  };
}
