import { formatBytes } from "./format_bytes.ts";
import type { Observation } from "./observation.ts";

type Progress = Extract<Observation, { kind: "work_progress" }>;

const stages: Readonly<Record<Progress["stage"], string>> = {
  copied: "copied",
  compared: "compared",
  indexed: "the primary key is being built",
  written: "what differs is being written",
};

/** Below this time no rate can be told: the first batch says nothing about the next ones, ms. */
const rateAfterMs = 500;

/**
 * How far a piece of work is, in plain words: `contacts: 1,200,000 of about 10,000,000 rows copied
 * (12 %), 400,000 rows/s, 22 s left`. What is not known is left out.
 */
export function describeProgress(progress: Progress): string {
  const { what, unit, stage, done, total, elapsedMs } = progress;
  const isCounted = stage === "copied" || stage === "compared";
  if (!isCounted) return `${what}: ${stages[stage]}`;
  const amount = (units: number) => unit === "bytes" ? formatBytes(units) : formatNumber(units);
  const noun = unit === "bytes" ? "" : " rows";
  const isEstimated = total !== undefined && total > done;
  const share = isEstimated ? ` (${Math.floor(100 * done / total)} %)` : "";
  const parts = [
    isEstimated
      ? `${amount(done)} of about ${amount(total)}${noun} ${stages[stage]}${share}`
      : `${amount(done)}${noun} ${stages[stage]}`,
  ];
  const perSecond = 1_000 * done / elapsedMs;
  if (elapsedMs >= rateAfterMs && perSecond > 0) {
    parts.push(`${amount(roundRate(perSecond))}${noun}/s`);
    if (isEstimated) parts.push(`${formatSeconds((total - done) / perSecond)} left`);
  }
  return `${what}: ${parts.join(", ")}`;
}

/** Two digits say all that a rate tells. */
function roundRate(perSecond: number): number {
  return Number(perSecond.toPrecision(2));
}

function formatNumber(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 0 });
}

function formatSeconds(seconds: number): string {
  if (seconds < 100) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
