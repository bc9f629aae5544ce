import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../clock.ts";
import type { Observation } from "./observation.ts";

/** Seconds; from a run with nothing to do to a first load of hours. */
const runBuckets = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3_600, 14_400];

/** Seconds; from a cached template to a request that runs into its limit. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of one daemon, in the text format of Prometheus. */
export interface Metrics {
  /** Takes in one observation. */
  observe(observation: Observation): void;
  /** For what is asked for at each scrape, such as the length of a queue. */
  readonly registry: Registry;
  /** Everything, as `GET /metrics` answers it. */
  text(): Promise<string>;
  readonly contentType: string;
}

/**
 * Makes the metrics that follow from observations. Labels are names of the configuration, states
 * and codes, never values of rows, so their number is bounded by the configuration. docs/metrics.md
 * lists them all.
 */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  const handlers = [
    measureRuns(registry, clock),
    measureDeliveries(registry),
    measureRenders(registry),
    measureLinks(registry, clock),
    measureConfig(registry, clock),
  ];
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe(observation) {
      for (const handle of handlers) handle(observation);
    },
  };
}

type Handle = (observation: Observation) => void;

function seconds(clock: Clock): number {
  return clock.now().getTime() / 1_000;
}

function kindOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}

function measureRuns(registry: Registry, clock: Clock): Handle {
  const registers = [registry];
  const runs = new Counter({
    name: "perigee_runs_total",
    help: "Runs of imports, segments, triggers and exports that ended, by how.",
    labelNames: ["name", "state", "code"],
    registers,
  });
  const running = new Gauge({
    name: "perigee_runs_running",
    help: "Runs that are at work in this daemon.",
    labelNames: ["name"],
    registers,
  });
  const lastSuccess = new Gauge({
    name: "perigee_run_last_success_timestamp_seconds",
    help: "When a run of this name last succeeded in this daemon, as Unix time.",
    labelNames: ["name"],
    registers,
  });
  const duration = new Histogram({
    name: "perigee_run_duration_seconds",
    help: "How long runs took.",
    labelNames: ["kind", "state"],
    buckets: runBuckets,
    registers,
  });
  const rows = new Counter({
    name: "perigee_rows_total",
    help: "Rows that runs wrote into another database or set aside, by dataset.",
    labelNames: ["name", "dataset", "outcome"],
    registers,
  });
  const bytes = new Counter({
    name: "perigee_bytes_total",
    help: "Bytes of rows that runs wrote into another database, by dataset.",
    labelNames: ["name", "dataset"],
    registers,
  });
  const datasetSuccess = new Gauge({
    name: "perigee_dataset_last_moved_timestamp_seconds",
    help: "When rows of the dataset were last written by the export, as Unix time.",
    labelNames: ["name", "dataset"],
    registers,
  });
  return (observation) => {
    if (observation.kind === "run_started" || observation.kind === "run_taken_over") {
      running.set({ name: observation.name }, 1);
    } else if (observation.kind === "run_finished") {
      const { name, state, durationMs } = observation;
      running.set({ name }, 0);
      runs.inc({ name, state, code: "" });
      lastSuccess.set({ name }, seconds(clock));
      duration.observe({ kind: kindOf(name), state }, durationMs / 1_000);
    } else if (observation.kind === "run_failed") {
      const { name, durationMs, error } = observation;
      running.set({ name }, 0);
      runs.inc({ name, state: "failed", code: error.code });
      duration.observe({ kind: kindOf(name), state: "failed" }, durationMs / 1_000);
    } else if (observation.kind === "rows_moved") {
      const { name, dataset } = observation;
      rows.inc({ name, dataset, outcome: "moved" }, observation.rows);
      bytes.inc({ name, dataset }, observation.bytes);
      datasetSuccess.set({ name, dataset }, seconds(clock));
    } else if (observation.kind === "rows_set_aside") {
      const { name, dataset } = observation;
      rows.inc({ name, dataset, outcome: "set_aside" }, observation.rows);
    }
  };
}

function measureDeliveries(registry: Registry): Handle {
  const registers = [registry];
  const deliveries = new Counter({
    name: "perigee_deliveries_total",
    help: "Events whose delivery was attempted, by outcome.",
    labelNames: ["sink", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "perigee_delivery_duration_seconds",
    help: "How long a sink took to answer one request.",
    labelNames: ["sink"],
    buckets: requestBuckets,
    registers,
  });
  return (observation) => {
    if (observation.kind !== "delivery_attempted") return;
    const { sink, outcome, events, durationMs } = observation;
    deliveries.inc({ sink, outcome }, events);
    duration.observe({ sink }, durationMs / 1_000);
  };
}

function measureRenders(registry: Registry): Handle {
  const registers = [registry];
  const duration = new Histogram({
    name: "perigee_render_duration_seconds",
    help: "How long rendering one message took, its data included.",
    labelNames: ["message"],
    buckets: requestBuckets,
    registers,
  });
  const failures = new Counter({
    name: "perigee_render_failures_total",
    help: "Messages that could not be rendered, by error code.",
    labelNames: ["message", "code"],
    registers,
  });
  const requests = new Histogram({
    name: "perigee_http_request_duration_seconds",
    help: "How long HTTP requests took, by route and status.",
    labelNames: ["route", "status"],
    buckets: requestBuckets,
    registers,
  });
  return (observation) => {
    if (observation.kind === "message_rendered") {
      duration.observe({ message: observation.message }, observation.durationMs / 1_000);
    } else if (observation.kind === "render_failed") {
      failures.inc({ message: observation.message, code: observation.error.code });
    } else if (observation.kind === "request_served") {
      const { route, status, durationMs } = observation;
      requests.observe({ route, status: String(status) }, durationMs / 1_000);
    }
  };
}

function measureLinks(registry: Registry, clock: Clock): Handle {
  const registers = [registry];
  const up = new Gauge({
    name: "perigee_connector_up",
    help: "1 where the connector answered when it was last asked, else 0.",
    labelNames: ["connector"],
    registers,
  });
  const secured = new Gauge({
    name: "perigee_connector_secured",
    help: "1 where the link to the connector is SSL-secured, else 0.",
    labelNames: ["connector"],
    registers,
  });
  const latency = new Gauge({
    name: "perigee_connector_latency_seconds",
    help: "How long the connector took to answer when it was last asked.",
    labelNames: ["connector"],
    registers,
  });
  const listening = new Gauge({
    name: "perigee_listening",
    help: "1 where notifications of this database are heard, else 0.",
    labelNames: ["target"],
    registers,
  });
  const heard = new Gauge({
    name: "perigee_notified_timestamp_seconds",
    help: "When a notification of this database was last heard, as Unix time.",
    labelNames: ["target"],
    registers,
  });
  const heartbeat = new Gauge({
    name: "perigee_listen_heard_timestamp_seconds",
    help: "When the daemon last heard its own notification through this database, as Unix time.",
    labelNames: ["target"],
    registers,
  });
  return (observation) => {
    if (observation.kind === "connector_checked") {
      const { connector, isSecured, latencyMs } = observation;
      up.set({ connector }, 1);
      secured.set({ connector }, isSecured ? 1 : 0);
      latency.set({ connector }, latencyMs / 1_000);
    } else if (observation.kind === "connector_failed") {
      up.set({ connector: observation.connector }, 0);
    } else if (observation.kind === "listen_started") {
      listening.set({ target: observation.target }, 1);
    } else if (observation.kind === "listen_failed") {
      listening.set({ target: observation.target }, 0);
    } else if (observation.kind === "listen_heard") {
      heartbeat.set({ target: observation.target }, seconds(clock));
    } else if (observation.kind === "notified") {
      heard.set({ target: observation.target }, seconds(clock));
    }
  };
}

function measureConfig(registry: Registry, clock: Clock): Handle {
  const registers = [registry];
  const accepted = new Gauge({
    name: "perigee_config_last_reload_successful",
    help: "1 where the newest configuration runs, 0 where it was refused.",
    registers,
  });
  const loadedAt = new Gauge({
    name: "perigee_config_loaded_timestamp_seconds",
    help: "When the running configuration was loaded, as Unix time.",
    registers,
  });
  const outgrown = new Gauge({
    name: "perigee_hub_outgrown",
    help: "1 where a newer version has migrated the hub and this daemon drains, else 0.",
    registers,
  });
  const faults = new Counter({
    name: "perigee_faults_total",
    help: "Faults outside of runs, by where and error code.",
    labelNames: ["where", "code"],
    registers,
  });
  return (observation) => {
    if (observation.kind === "daemon_ready" || observation.kind === "config_reloaded") {
      accepted.set(1);
      loadedAt.set(seconds(clock));
    } else if (observation.kind === "config_refused") accepted.set(0);
    else if (observation.kind === "hub_outgrown") outgrown.set(1);
    else if (observation.kind === "fault") {
      faults.inc({ where: observation.where, code: observation.error.code });
    }
  };
}
