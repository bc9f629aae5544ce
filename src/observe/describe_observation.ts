import { describeProgress } from "./describe_progress.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Counts, Observation } from "./observation.ts";

/** How much an observation matters, in pino's words. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** An observation as a line of the log: how much it matters, and what it says in plain words. */
export interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

type Of<K extends Observation["kind"]> = Extract<Observation, { kind: K }>;
type Describe = { readonly [K in Observation["kind"]]: (observation: Of<K>) => Line };

const debug = (text: string): Line => ({ level: "debug", text });
const info = (text: string): Line => ({ level: "info", text });
const warn = (text: string): Line => ({ level: "warn", text });
const error = (text: string): Line => ({ level: "error", text });

/** The page's own words for a link without TLS. */
const notSecured = "Connection is not SSL-secured";

const describe: Describe = {
  daemon_starting: ({ version, runtime }) => info(`Perigee ${version} starts on ${runtime}`),
  daemon_ready: ({ url, startedInMs }) =>
    info(`ready at ${url} after ${formatDuration(startedInMs)}`),
  daemon_stopping: ({ reason }) => info(`stopping: ${reason}`),
  daemon_stopped: ({ unfinished }) =>
    unfinished === 0
      ? info("stopped")
      : warn(`stopped with ${unfinished} unfinished; the next start takes them up`),
  progress: ({ text }) => info(text),
  cluster_started: ({ dataDir, isNew, version }) =>
    info(`${isNew ? "new" : "existing"} embedded PostgreSQL ${version} runs in ${dataDir}`),
  hub_migrated: ({ applied, version }) =>
    applied.length === 0
      ? info(`the hub is up to date (${version})`)
      : info(`the hub was brought to ${version} (${formatCount(applied.length, "migration")})`),
  hub_outgrown: ({ migration }) =>
    warn(
      `a newer version has migrated the hub (${migration}): this daemon finishes its runs and begins no others → replace it by that version`,
    ),
  daemon_drained: () => info("drained: nothing runs here any more; renders are still answered"),
  config_loaded: ({ folder, hash }) => info(`configuration ${hash.slice(0, 12)} from ${folder}`),
  config_reloaded: ({ hash, changed }) =>
    info(
      `configuration ${hash.slice(0, 12)} is in use; changed: ${changed.join(", ") || "nothing"}`,
    ),
  config_refused: ({ problems, text }) =>
    error(
      `the new configuration was refused (${
        formatCount(problems, "problem")
      }), the old one stays\n${text}`,
    ),
  connector_checked: ({ connector, isSecured, latencyMs }) =>
    isSecured
      ? info(`connector ${connector} answers in ${formatDuration(latencyMs)}, encrypted`)
      : warn(`connector ${connector} answers in ${formatDuration(latencyMs)}: ${notSecured}`),
  connector_failed: ({ connector, error: cause }) =>
    error(`connector ${connector}: ${tell(cause)}`),
  listen_started: ({ target, channels }) =>
    info(`listening at ${target} to ${channels.join(", ")}`),
  listen_failed: ({ target, error: cause }) => warn(`not listening at ${target}: ${tell(cause)}`),
  listen_heard: ({ target, roundTripMs }) =>
    debug(`heard ourselves at ${target} after ${formatDuration(roundTripMs)}`),
  notified: ({ target, channel }) => debug(`NOTIFY ${channel} at ${target}`),
  run_started: ({ name, runId, cause }) => debug(`${name} starts (run ${runId}, ${cause})`),
  run_finished: ({ name, state, durationMs, counts }) => {
    const told = formatCounts(counts);
    if (state === "skipped") return info(`${name} was skipped${told === "" ? "" : `: ${told}`}`);
    const text = `${name} done in ${formatDuration(durationMs)}: ${told || "nothing to do"}`;
    return told === "" ? debug(text) : info(text);
  },
  run_failed: ({ name, error: cause, retryInMs }) =>
    error(
      `${name} failed: ${tell(cause)}${
        retryInMs === undefined ? "" : `; next try in ${formatDuration(retryInMs)}`
      }`,
    ),
  run_taken_over: ({ name, runId }) =>
    warn(`${name}: another daemon took run ${runId} over; ours ends`),
  rows_moved: ({ name, dataset, rows, bytes }) =>
    debug(`${name}: ${formatCount(rows, "row")} of ${dataset} moved (${formatBytes(bytes)})`),
  work_progress: (progress) => {
    const text = `${progress.name}: ${describeProgress(progress)}`;
    return progress.isForLog ? info(text) : debug(text);
  },
  rows_set_aside: ({ name, dataset, rows, reason }) =>
    warn(`${name}: ${formatCount(rows, "row")} of ${dataset} set aside: ${reason}`),
  dataset_stopped: ({ name, dataset, error: cause }) =>
    error(`${name}: ${dataset} is not exported: ${tell(cause)}`),
  resync_needed: ({ name, dataset, reason }) =>
    warn(`${name}: ${dataset} is compared in full: ${reason}`),
  delivery_attempted: ({ sink, outcome, status, events, durationMs }) => {
    const answer = status === undefined ? "no answer" : `status ${status}`;
    const what = `${formatCount(events, "event")} to ${sink}: ${answer} after ${
      formatDuration(durationMs)
    }`;
    if (outcome === "delivered") return info(`delivered ${what}`);
    if (outcome === "retry") return warn(`will try again, ${what}`);
    return error(`gave up, ${what}`);
  },
  sink_changed: ({ sink, state, reason }) => {
    const text = `sink ${sink} is ${state}: ${reason}`;
    return state === "open" || state === "disabled" ? warn(text) : info(text);
  },
  message_rendered: ({ message, durationMs }) =>
    debug(`rendered ${message} in ${formatDuration(durationMs)}`),
  render_failed: ({ message, error: cause }) => warn(`could not render ${message}: ${tell(cause)}`),
  segment_rendered: ({ message, segmentId, counts, durationMs, isComplete }) =>
    info(
      `${message} for segment ${segmentId}: ${formatCounts(counts) || "nobody"} in ${
        formatDuration(durationMs)
      }${isComplete ? "" : ", broken off"}`,
    ),
  request_served: ({ route, status, durationMs }) =>
    debug(`${route}: ${status} in ${formatDuration(durationMs)}`),
  alert_raised: ({ subject, error: cause }) => warn(`alert: ${subject}: ${tell(cause)}`),
  alert_cleared: ({ subject }) => info(`alert over: ${subject}`),
  fault: ({ where, error: cause }) => error(`fault in ${where}: ${tell(cause)}`),
};

/** Says an observation in plain words. Every member of the union has its own; the compiler sees to it. */
export function describeObservation(observation: Observation): Line {
  return (describe[observation.kind] as (observation: Observation) => Line)(observation);
}

function tell(cause: { message: string; advice: string | undefined }): string {
  return cause.advice === undefined ? cause.message : `${cause.message} → ${cause.advice}`;
}

/** `1 row`, `2,500 rows`. */
function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** `200 inserted, 3 updated`: what is zero is left out. */
function formatCounts(counts: Counts): string {
  return Object.entries(counts).filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count.toLocaleString("en")} ${name}`).join(", ");
}

/** `0.4 ms`, `35 ms`, `2.1 s`, `5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  return `${Math.round(ms / 60_000)} min`;
}
