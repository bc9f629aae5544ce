import process from "node:process";
import { Gauge, type Registry } from "prom-client";
import type { Config } from "../config/model.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { type DatasetAge, readDatasetAges } from "../hub/dataset_ages.ts";
import { readSinkQueues, type SinkQueue } from "../hub/sink_queues.ts";
import type { Pool } from "../postgres/pool.ts";
import {
  type DatabaseHealth,
  type EntityHealth,
  type HealthReport,
  type HealthSource,
  overallState,
} from "./health.ts";

/** Where the figures of a scrape come from; those of the configuration that runs. */
export interface ScrapeSource {
  readonly config: Config;
  readonly hub: Pool;
  readonly connectors: ConnectorRegistry;
  readonly health: HealthSource;
}

const overallStates = ["ok", "degraded", "unready"] as const;

const entityStates: readonly EntityHealth["state"][] = [
  "waiting",
  "running",
  "healthy",
  "stale",
  "failing",
  "paused",
  "broken",
];

const databaseStates: readonly DatabaseHealth["state"][] = ["untried", "up", "down"];

/** Metrics that are asked for at each scrape: health, the age of data, queues of sinks, pools. */
export class ScrapedMetrics {
  readonly #gauges: ReturnType<typeof makeGauges>;

  constructor(registry: Registry) {
    this.#gauges = makeGauges(registry);
  }

  /**
   * Sets every gauge anew, so that what left the configuration leaves the metrics. A few short
   * questions to the hub; what it does not answer is absent, and `perigee_hub_up` is 0.
   */
  async refresh({ config, hub, connectors, health }: ScrapeSource): Promise<void> {
    const [report, unready] = await Promise.all([health.describe(), health.findUnreadyReasons()]);
    const [queues, ages] = report.hub.state === "up"
      ? await Promise.all([
        readSinkQueues(hub.sql, [...config.sinks.keys()]).catch(() => []),
        readDatasetAges(hub.sql, [...config.exports.keys()]).catch(() => []),
      ])
      : [[], []];
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    this.#setHealth(report, overallState(report, unready));
    for (const entity of report.entities) this.#setEntity(entity);
    for (const queue of queues) this.#setQueue(queue);
    for (const age of ages) this.#setDatasetAge(age);
    for (const [target, pool] of [["hub", hub] as const, ...connectors.openPools]) {
      this.#setPool(target, pool);
    }
    this.#gauges.memory.set(process.memoryUsage().rss);
    this.#gauges.startedAt.set(Date.parse(report.startedAt) / 1_000);
  }

  #setHealth(report: HealthReport, overall: (typeof overallStates)[number]): void {
    const { build, status, hubUp, databases } = this.#gauges;
    build.set({ version: report.version, runtime: report.runtime }, 1);
    for (const state of overallStates) status.set({ state }, state === overall ? 1 : 0);
    hubUp.set(report.hub.state === "up" ? 1 : 0);
    for (const { name: connector, state: found } of report.connectors) {
      for (const state of databaseStates) {
        databases.set({ connector, state }, state === found ? 1 : 0);
      }
    }
  }

  #setEntity({ name, state: found, freshness }: EntityHealth): void {
    const { entities, age, limit } = this.#gauges;
    for (const state of entityStates) entities.set({ name, state }, state === found ? 1 : 0);
    if (freshness?.ageSeconds !== undefined) age.set({ name }, freshness.ageSeconds);
    const most = freshness?.maxStalenessSeconds;
    if (most !== undefined) limit.set({ name }, most);
  }

  #setDatasetAge({ exportName, dataset, ageSeconds }: DatasetAge): void {
    this.#gauges.datasetAge.set({ name: `export/${exportName}`, dataset }, ageSeconds);
  }

  #setPool(target: string, pool: Pool): void {
    const { inUse, idle, waiting, max } = pool.usage();
    const { pooled, poolWaiting, poolLimit } = this.#gauges;
    pooled.set({ target, state: "in_use" }, inUse);
    pooled.set({ target, state: "idle" }, idle);
    poolWaiting.set({ target }, waiting);
    poolLimit.set({ target }, max);
  }

  #setQueue({ name: sink, pending, failing, dead, oldestMs }: SinkQueue): void {
    const { queued, oldest } = this.#gauges;
    queued.set({ sink, state: "waiting" }, pending - failing);
    queued.set({ sink, state: "retrying" }, failing);
    queued.set({ sink, state: "dead" }, dead);
    oldest.set({ sink }, (oldestMs ?? 0) / 1_000);
  }
}

function makeGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    build: gauge("perigee_build_info", "1, with what runs here as labels.", "version", "runtime"),
    status: gauge(
      "perigee_status",
      "One-hot state of the daemon, as /health has it: ok, degraded or unready.",
      "state",
    ),
    hubUp: gauge("perigee_hub_up", "1 where the hub answered this scrape, else 0."),
    databases: gauge(
      "perigee_connector_health",
      "One-hot state of each connector: untried, up or down.",
      "connector",
      "state",
    ),
    entities: gauge(
      "perigee_health",
      "One-hot state of each import, segment, trigger, export, sink and message: waiting, running, healthy, stale, failing, paused or broken.",
      "name",
      "state",
    ),
    age: gauge(
      "perigee_data_age_seconds",
      "How long ago the last run of this name that succeeded began, on any daemon.",
      "name",
    ),
    limit: gauge(
      "perigee_data_age_limit_seconds",
      "The max_staleness of this name; absent where it has none.",
      "name",
    ),
    datasetAge: gauge(
      "perigee_dataset_age_seconds",
      "How far the export's copy of the dataset may be behind: time since the hub was last read for it, or found without changes.",
      "name",
      "dataset",
    ),
    pooled: gauge(
      "perigee_pool_connections",
      "Connections of this daemon's pools: in_use or idle. Those of runs and listeners are their own.",
      "target",
      "state",
    ),
    poolWaiting: gauge(
      "perigee_pool_waiting",
      "Work that waits for a connection of the pool to become free.",
      "target",
    ),
    poolLimit: gauge("perigee_pool_limit", "The most connections of the pool.", "target"),
    queued: gauge(
      "perigee_sink_events",
      "Events in a sink's queue: waiting for a first attempt, retrying after a failed one, or dead (given up).",
      "sink",
      "state",
    ),
    oldest: gauge(
      "perigee_sink_oldest_seconds",
      "Age of the oldest event that is to be delivered to the sink; 0 where none is.",
      "sink",
    ),
    memory: gauge("process_resident_memory_bytes", "Resident memory of the process."),
    startedAt: gauge("process_start_time_seconds", "When the daemon started, as Unix time."),
  };
}
