import type { Config } from "../config/model.ts";
import type { Freshness } from "../hub/freshness.ts";
import type { AlertKey, Trouble } from "../hub/alerts.ts";
import type { RunVerdict } from "../hub/run_troubles.ts";
import { formatDuration } from "../observe/describe_observation.ts";
import { stalenessLimits } from "../schedule/staleness_limits.ts";
import { alertCodes } from "./codes.ts";

/** What the hub says about everything that may be in trouble. */
export interface HubFindings {
  readonly runs: readonly RunVerdict[];
  readonly freshness: readonly Freshness[];
  readonly disabledSinks: readonly { readonly name: string; readonly reason: string | null }[];
}

/** Troubles that follow from the hub, and what nobody can judge yet. */
export interface Judged {
  readonly troubles: readonly Trouble[];
  readonly unknown: readonly AlertKey[];
}

/**
 * What is wrong by what the hub says. What never succeeded counts as fresh as `upMs`, the time for
 * which this daemon has had its configuration. Pure.
 */
export function findTroubles(config: Config, findings: HubFindings, upMs: number): Judged {
  const unknown: AlertKey[] = [];
  const troubles: Trouble[] = [];
  for (const { name: subject, state, code, message, advice } of findings.runs) {
    const key = { subject, condition: "failing" };
    if (state === "unknown") unknown.push(key);
    else troubles.push({ ...key, code, message, advice: advice ?? undefined });
  }
  for (const [subject, limitMs] of stalenessLimits(config)) {
    const ageMs = findings.freshness.find(({ name }) => name === subject)?.ageMs ?? undefined;
    if ((ageMs ?? upMs) > limitMs) troubles.push(describeStale(subject, ageMs, limitMs));
    else if (ageMs === undefined) unknown.push({ subject, condition: "stale" });
  }
  for (const { name, reason } of findings.disabledSinks) {
    if (!config.sinks.has(name)) continue;
    const subject = `sink/${name}`;
    const message = `${subject} is disabled: ${reason ?? "its receiver wants nothing any more"}`;
    const { advice } = alertCodes.PG701;
    troubles.push({ subject, condition: "disabled", code: "PG701", message, advice });
  }
  return { troubles, unknown };
}

function describeStale(subject: string, ageMs: number | undefined, limitMs: number): Trouble {
  const found = ageMs === undefined
    ? "it never succeeded"
    : `its last success is ${formatDuration(ageMs)} old`;
  const message = `${subject} is stale: ${found}; max_staleness is ${formatDuration(limitMs)}`;
  return { subject, condition: "stale", code: "PG440", message, advice: alertCodes.PG440.advice };
}
