import { startAlerts } from "./alert/alert_loop.ts";
import type { AlertWatch } from "./alert/alert_watch.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config/model.ts";
import { ConnectorRegistry } from "./connector/registry.ts";
import { startDeliveries } from "./event/delivery_worker.ts";
import { startChangeWatcher } from "./export/change_watcher.ts";
import { ExportSessions } from "./export/export_sessions.ts";
import { createApp } from "./http/app.ts";
import type { DaemonHealth } from "./http/daemon_health.ts";
import { addMetricsRoute } from "./http/metrics_route.ts";
import type { RecentErrors } from "./http/recent_errors.ts";
import type { ScrapedMetrics } from "./http/scraped_metrics.ts";
import { addStatusRoute } from "./http/status_page_route.ts";
import { createRenderer } from "./message/renderer.ts";
import type { Metrics } from "./observe/metrics.ts";
import type { Observe } from "./observe/observation.ts";
import type { OpenHub } from "./open_hub.ts";
import { monitorConnectors } from "./schedule/connector_monitor.ts";
import type { Job } from "./schedule/job.ts";
import { jobsOf } from "./schedule/jobs.ts";
import type { Scheduler } from "./schedule/scheduler.ts";
import { startWakeUps } from "./schedule/wake_ups.ts";

/** What outlives configurations: opened once, shared by all generations. */
export interface Foundation {
  readonly hub: OpenHub;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly scheduler: Scheduler;
  readonly health: DaemonHealth;
  readonly metrics: Metrics;
  readonly scraped: ScrapedMetrics;
  readonly errors: RecentErrors;
  readonly alerts: AlertWatch;
  readonly daemonId: string;
  /** What the hub's channel `perigee` asks the daemon for. */
  readonly onCommand: (payload: string) => void;
}

/** Everything that is made from one configuration, and ends with it. */
export interface Generation {
  readonly config: Config;
  readonly connectors: ConnectorRegistry;
  readonly jobs: readonly Job[];
  readonly fetch: ReturnType<typeof createApp>["fetch"];
  /**
   * Begins to listen, deliver and monitor; the scheduler is the caller's. Resolves when events find
   * their sinks (see `Deliveries.routed`).
   */
  start(): Promise<void>;
  /** Takes no more wake-ups and ends deliveries, without touching what runs. */
  quiesce(): Promise<void>;
  /** As `close`, but what streams messages to a client finishes first, however long that takes. */
  retire(timeoutMs: number): Promise<void>;
  /** Closes the pools that no newer generation took over. */
  close(timeoutMs: number): Promise<void>;
}

/**
 * Prepares all that a configuration asks for and starts none of it, so that a reload can fail
 * before anything has changed. Opens nothing.
 */
export function prepareGeneration(
  config: Config,
  foundation: Foundation,
  before?: Generation,
): Generation {
  const { hub, clock, observe, scheduler, health, metrics, scraped, errors } = foundation;
  const connectors = before?.connectors.successor(config.connectors) ??
    new ConnectorRegistry(config.connectors);
  const sessions = new ExportSessions(hub.target, connectors);
  const deps = { config, hub: hub.pool, hubTarget: hub.target, connectors, sessions };
  const jobs = jobsOf(deps, (tick) => scheduler.runTick(tick, true));
  const renderer = createRenderer({ config, hub: hub.pool, connectors, clock, observe });
  const app = createApp({ server: config.server, health, renderer, clock, observe });
  const { server } = config;
  addMetricsRoute(app, { config, server, hub: hub.pool, connectors, health, metrics, scraped });
  addStatusRoute(app, { config, server, hub: hub.pool, health, errors, clock });
  health.adopt({ config, jobs, messages: renderer.messages });
  const started: (() => Promise<void> | void)[] = [];

  return {
    config,
    connectors,
    jobs,
    fetch: app.fetch,
    start() {
      const names = [...config.connectors.keys()];
      started.push(monitorConnectors({ connectors, names, clock, observe }));
      const { alerts: watch, daemonId } = foundation;
      const alerts = startAlerts({ config, hub: hub.pool, daemonId, watch, clock, observe });
      started.push(() => alerts.stop());
      const deliveries = startDeliveries({ config, hub: hub.pool, clock, observe });
      started.push(() => deliveries.stop());
      const changes = startChangeWatcher({
        hub: hub.pool,
        exports: [...config.exports.values()].filter((each) => each.onChange),
        wake: (name) => scheduler.wake(name),
        observe,
      });
      started.push(() => changes.close());
      const wakeUps = startWakeUps({
        jobs,
        connectors,
        hub: hub.listenTarget,
        hubChannels: {
          perigee: foundation.onCommand,
          perigee_changes: () => changes.heard(),
          perigee_deliveries: (payload: string) => deliveries.wake(payload),
        },
        observe,
        wake: (name) => scheduler.wake(name),
        catchUp: (name) => scheduler.request(name, "start"),
      });
      started.push(() => wakeUps.close());
      return deliveries.routed;
    },
    async quiesce() {
      for (const stop of started.splice(0).reverse()) await stop();
    },
    async retire(timeoutMs) {
      await sessions.close();
      await connectors.retire(timeoutMs);
    },
    async close(timeoutMs) {
      await sessions.close();
      await connectors.close(timeoutMs);
    },
  };
}
