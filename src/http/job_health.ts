import type { Freshness } from "../hub/freshness.ts";
import type { RunRecord } from "../hub/run.ts";
import type { Job } from "../schedule/job.ts";
import type { EntityHealth, FreshnessHealth, RunHealth } from "./health.ts";

/** What the hub and the configuration know of a job. */
export interface JobFindings {
  readonly run: RunRecord | undefined;
  readonly freshness: Freshness | undefined;
  /** `max_staleness`, ms. */
  readonly limitMs: number | undefined;
}

/** The health of one job. Pure. */
export function describeJob(job: Job, now: Date, findings: JobFindings): EntityHealth {
  const { run, limitMs } = findings;
  const freshness = describeFreshness(findings.freshness, limitMs);
  return {
    name: job.name,
    state: stateOf(run, findings),
    lastRun: run && toRunHealth(run),
    nextRunAt: job.ticks?.next(now)?.toISOString(),
    freshness,
    error: undefined,
  };
}

function describeFreshness(
  freshness: Freshness | undefined,
  limitMs: number | undefined,
): FreshnessHealth {
  const { lastSuccessAt = null, ageMs = null } = freshness ?? {};
  return {
    lastSuccessAt: lastSuccessAt?.toISOString(),
    ageSeconds: ageMs === null ? undefined : Math.max(0, Math.round(ageMs / 1_000)),
    maxStalenessSeconds: limitMs === undefined ? undefined : limitMs / 1_000,
  };
}

function stateOf(run: RunRecord | undefined, findings: JobFindings): EntityHealth["state"] {
  if (run !== undefined && run.state !== "running" && run.state !== "succeeded") return "failing";
  const { limitMs, freshness } = findings;
  if (limitMs !== undefined && (freshness?.ageMs ?? 0) > limitMs) return "stale";
  if (run === undefined) return "waiting";
  return run.state === "running" ? "running" : "healthy";
}

function toRunHealth(run: RunRecord): RunHealth {
  const at = (run.finishedAt ?? run.startedAt).toISOString();
  return {
    runId: run.runId,
    state: run.state,
    cause: run.cause,
    startedAt: run.startedAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString(),
    counts: run.counts,
    error: run.errorCode === null ? undefined : {
      code: run.errorCode,
      message: run.errorMessage ?? "",
      advice: run.errorAdvice ?? undefined,
      at,
    },
  };
}
