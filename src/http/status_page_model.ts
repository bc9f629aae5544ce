import type { Clock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import { secretsOf } from "../config/secrets.ts";
import { findMovedRows, findRecentFailures, type MovedRows } from "../hub/run_history.ts";
import { readSinkQueues, type SinkQueue } from "../hub/sink_queues.ts";
import { makeRedactor } from "../observe/redact.ts";
import type { Pool } from "../postgres/pool.ts";
import { type HealthReport, type HealthSource, overallState } from "./health.ts";
import type { RecentError, RecentErrors } from "./recent_errors.ts";
import { chartHours } from "./status_page_chart.ts";

/** Everything that the status page shows, as plain data without secrets. */
export interface StatusModel {
  /** ISO 8601 in UTC, as all moments. */
  readonly now: string;
  readonly state: "ok" | "degraded" | "unready";
  readonly reasons: readonly string[];
  readonly report: HealthReport;
  /** Rows moved by hour, oldest first, by name; names without any are absent. */
  readonly charts: Readonly<Record<string, readonly number[]>>;
  readonly sinks: readonly SinkQueue[];
  readonly errors: readonly RecentError[];
  /** What could not be read from the hub. */
  readonly isPartial: boolean;
}

/** Where the model comes from. One of these serves one configuration. */
export interface StatusParts {
  readonly config: Config;
  readonly hub: Pool;
  readonly health: HealthSource;
  readonly errors: RecentErrors;
  readonly clock: Clock;
}

/** Reads the model; never rejects because of the hub. */
export type LoadStatus = () => Promise<StatusModel>;

/**
 * How long the history of runs counts, ms: the one question whose cost grows with the number of
 * runs. Its bars are hours; half of it asks twice as often for what nobody sees.
 */
const historyAgeLimitMs = 30_000;

const mostErrors = 12;

/** Makes the reader of the page's data. */
export function makeStatusLoader(parts: StatusParts): LoadStatus {
  const { config, hub: { sql }, health, errors, clock } = parts;
  const redact = makeRedactor(secretsOf(config));
  const names = namesOf(config);
  const findHistory = remember(historyAgeLimitMs, clock, () => findMovedRows(sql, names));
  return async () => {
    const [report, reasons] = await Promise.all([health.describe(), health.findUnreadyReasons()]);
    const found = report.hub.state !== "up" ? undefined : await Promise.all([
      findHistory(),
      readSinkQueues(sql, [...config.sinks.keys()]),
      findRecentFailures(sql, [...names, "hub/maintenance"], mostErrors),
    ]).catch(() => undefined);
    const [moved, sinks, failures] = found ?? [[], [], []];
    const known = errors.list();
    const others = failures.map((failure): RecentError => ({
      where: failure.name,
      code: failure.code,
      message: failure.message,
      advice: failure.advice ?? undefined,
      at: failure.finishedAt.toISOString(),
      times: 1,
    })).filter(({ where, code }) =>
      !known.some((each) => each.where === where && each.code === code)
    );
    return redact({
      now: clock.now().toISOString(),
      state: overallState(report, reasons),
      reasons,
      report,
      charts: chartsOf(moved),
      sinks,
      errors: [...known, ...others].sort((one, other) => other.at < one.at ? -1 : 1)
        .slice(0, mostErrors),
      isPartial: found === undefined,
    });
  };
}

function namesOf({ imports, segments, triggers, exports }: Config): string[] {
  const kinds = { import: imports, segment: segments, trigger: triggers, export: exports };
  return Object.entries(kinds).flatMap(([kind, entries]) =>
    [...entries.keys()].map((name) => `${kind}/${name}`)
  );
}

function chartsOf(moved: readonly MovedRows[]): Record<string, number[]> {
  const charts: Record<string, number[]> = {};
  for (const { name, hoursAgo, rows } of moved) {
    const chart = charts[name] ??= Array.from({ length: chartHours }, () => 0);
    const index = chartHours - 1 - Math.min(Math.max(0, hoursAgo), chartHours - 1);
    chart[index] = (chart[index] ?? 0) + rows;
  }
  return charts;
}

/** Asks once for all who ask within the time; an answer that failed is forgotten. */
function remember<T>(ageLimitMs: number, clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const nowMs = clock.now().getTime();
    if (known !== undefined && nowMs - known.atMs <= ageLimitMs) return known.answer;
    const answer = ask();
    known = { atMs: nowMs, answer };
    answer.catch(() => known = undefined);
    return answer;
  };
}
