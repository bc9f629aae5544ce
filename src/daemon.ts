import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Config } from "./config/model.ts";
import { ConnectorRegistry } from "./connector/registry.ts";
import { startDeliveries } from "./event/delivery_worker.ts";
import { createApp } from "./http/app.ts";
import { DaemonHealth } from "./http/daemon_health.ts";
import { createRenderer } from "./message/renderer.ts";
import type { Observation, Observe } from "./observe/observation.ts";
import { migrateHub, openHub } from "./open_hub.ts";
import { runtimeName, serve } from "./runtime.ts";
import { startSample } from "./sample/start_sample.ts";
import { monitorConnectors } from "./schedule/connector_monitor.ts";
import { jobsOf } from "./schedule/jobs.ts";
import { describeRunFailure } from "./schedule/run_failure.ts";
import { Runner } from "./schedule/runner.ts";
import { Scheduler } from "./schedule/scheduler.ts";
import { startWakeUps } from "./schedule/wake_ups.ts";
import { readVersion } from "./version.ts";

/** Three renewals fit into it; see `RunnerOptions.leaseMs`. */
const leaseMs = 15_000;

/** What a daemon is made of. */
export interface DaemonOptions {
  /** As loaded; `embedded:` addresses are filled in here. */
  readonly config: Config;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** A running daemon. */
export interface Daemon {
  /** The configuration that runs, with every address known. */
  readonly config: Config;
  /** Where it serves HTTP. */
  readonly url: string;
  /** Resolves when what was missed while no daemon ran has been made up for. */
  readonly caughtUp: Promise<void>;
  /**
   * Stops new work, lets runs finish or roll back within the configured limit, and closes
   * everything in reverse order. Answers how many runs did not end in time.
   */
  stop(reason: string): Promise<number>;
}

/** Something that was opened, and how it is closed. */
type Close = () => Promise<unknown> | unknown;

/**
 * Starts everything in order: hub, migrations, HTTP, schedules, deliveries. When a step fails, what
 * was opened before is closed and the error goes on to the caller.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const opened: Close[] = [];
  try {
    return await openEverything(options, opened);
  } catch (error) {
    await closeInReverse(opened);
    throw error;
  }
}

async function openEverything(options: DaemonOptions, opened: Close[]): Promise<Daemon> {
  const startedAt = performance.now();
  const { clock } = options;
  const observers: Observe[] = [options.observe];
  const observe = (observation: Observation) => {
    for (const each of observers) each(observation);
  };
  const version = await readVersion();
  observe({ kind: "daemon_starting", version, runtime: runtimeName() });

  const sample = await startSample(options.config, observe);
  opened.push(() => sample.close());
  const hub = await openHub(options.config, {
    observe,
    usesRunningCluster: false,
    ...(sample.receiverUrl === undefined ? {} : { receiverUrl: sample.receiverUrl }),
  });
  const { config, target, pool } = hub;
  opened.push(() => hub.close(config.server.shutdownTimeoutMs));
  const connectors = new ConnectorRegistry(config.connectors);
  opened.push(() => connectors.close(config.server.shutdownTimeoutMs));

  const daemonId = randomUUID();
  const deps = { config, hub: pool, hubTarget: target, connectors };
  const runner = new Runner({
    hub: pool.sql,
    daemonId,
    clock,
    observe,
    leaseMs,
    describe: (error, name) => describeRunFailure(error, name, target),
  });
  const scheduler = new Scheduler({ hub: pool.sql, runner, daemonId, clock, observe });
  const jobs = jobsOf(deps, (tick) => scheduler.runTick(tick));
  const renderer = createRenderer({ config, hub: pool, connectors, clock, observe });
  const health = new DaemonHealth({
    version,
    runtime: runtimeName(),
    config,
    hub: pool.sql,
    clock,
    jobs,
    messages: renderer.messages,
  });
  observers.push((observation) => health.observe(observation));

  const app = createApp({ server: config.server, health, renderer, clock, observe });
  const { host, port, requestTimeoutMs, shutdownTimeoutMs } = config.server;
  const server = await serve({
    host,
    port,
    headersTimeoutMs: requestTimeoutMs,
    fetch: (request, peer) => app.fetch(request, peer),
  });
  opened.push(() => server.stop(shutdownTimeoutMs));

  await migrateHub(target, observe);
  await sample.seed(pool.sql, connectors);
  opened.push(monitorConnectors({
    connectors,
    names: [...config.connectors.keys()],
    clock,
    observe,
  }));
  const deliveries = startDeliveries({ config, hub: pool, clock, observe, daemonId });
  opened.push(() => deliveries.stop());
  const { caughtUp } = await scheduler.start(jobs);
  const linked = caughtUp.then(() => sample.link(pool.sql));
  const wakeUps = startWakeUps({
    jobs,
    connectors,
    hub: hub.listenTarget,
    hubChannels: { perigee_deliveries: () => deliveries.wake() },
    observe,
    wake: (name) => scheduler.wake(name),
  });
  observe({ kind: "daemon_ready", url: server.url, startedInMs: performance.now() - startedAt });

  return {
    config,
    url: server.url,
    caughtUp: linked,
    async stop(reason) {
      observe({ kind: "daemon_stopping", reason });
      await wakeUps.close();
      const [unfinished] = await Promise.all([
        runner.stop(config.server.shutdownTimeoutMs),
        scheduler.stop(),
      ]);
      await closeInReverse(opened);
      observe({ kind: "daemon_stopped", unfinished });
      return unfinished;
    },
  };
}

async function closeInReverse(opened: Close[]): Promise<void> {
  for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
}
