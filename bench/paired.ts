import { appendFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";

/** One bar of a benchmark, measured. */
export interface PairedResult {
  readonly area: string;
  readonly bar: string;
  /** How many times faster the first is than the second; for `atMost` bars how many times slower. */
  readonly ratio: number;
  /** Quartiles of the ratios of the single pairs. */
  readonly spread?: readonly [number, number];
  /** What the ratio must reach, or stay within; absent where a figure is only reported. */
  readonly limit?: number;
  readonly holds: boolean;
  /** Median time of one run of the first, in milliseconds. */
  readonly median_ms: number;
  readonly runs: number;
  /** A point of a plot: what was done, with how many rows, and what it was compared with. */
  readonly cost?: {
    readonly work: "load" | "update";
    readonly rows: number;
    readonly other: string;
  };
}

/** What is measured: one call is one run. It may be asynchronous. */
export type Work = () => unknown;

/** How a pair is measured. */
export interface PairedOptions {
  readonly area: string;
  /** Pairs of runs that count; the first tenth more of them warm up and do not. */
  readonly runs?: number;
  /**
   * `atLeast` (the default): the second's time divided by the first's must reach the limit.
   * `atMost`: the first's time divided by the second's must stay within it.
   */
  readonly kind?: "atLeast" | "atMost";
  /** Brings back what a run changes; called before every run and not timed. */
  readonly prepare?: Work;
}

/**
 * Runs two works in turn, A B B A A B …, so that a slow moment of the machine meets both, and
 * compares the medians of their times. The ratio holds on any machine where the times do not.
 */
export async function pairedRatio(
  bar: string,
  limit: number,
  first: Work,
  second: Work,
  { area, runs = 41, kind = "atLeast", prepare }: PairedOptions,
): Promise<PairedResult> {
  const times: [number[], number[]] = [[], []];
  const warmUp = Math.ceil(runs / 10) + 2;
  for (let run = -warmUp; run < runs; run++) {
    const order = run % 2 === 0 ? [0, 1] : [1, 0];
    for (const side of order) {
      await prepare?.();
      const start = performance.now();
      await (side === 0 ? first : second)();
      const elapsed = performance.now() - start;
      if (run >= 0) times[side as 0 | 1].push(elapsed);
    }
  }
  const [a, b] = [median(times[0]), median(times[1])];
  const ratio = kind === "atLeast" ? b / a : a / b;
  const holds = kind === "atLeast" ? ratio >= limit : ratio <= limit;
  const spread = kind === "atLeast"
    ? spreadOfRatios(times[1], times[0])
    : spreadOfRatios(times[0], times[1]);
  return { area, bar, ratio: round(ratio), spread, limit, holds, median_ms: round(a), runs };
}

/** The quartiles of each first time divided by the second of the same pair. */
export function spreadOfRatios(
  first: readonly number[],
  second: readonly number[],
): readonly [number, number] {
  const sorted = first.map((time, pair) => time / second[pair]!).sort((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.round((sorted.length - 1) * share)]!);
  return [at(0.25), at(0.75)];
}

/**
 * Prints one bar: a line of JSON with `--json` among the arguments, else a line to read. A bar that
 * is missed makes the process end with exit code 1. With PERIGEE_BENCH_RESULTS in the environment
 * the line of JSON is appended to that file too.
 */
export function printResult(result: PairedResult, isJson = process.argv.includes("--json")): void {
  const line = JSON.stringify(result);
  const file = process.env["PERIGEE_BENCH_RESULTS"];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
  if (!result.holds) process.exitCode = 1;
  console.log(isJson ? line : describeResult(result));
}

function describeResult(result: PairedResult): string {
  const { area, bar, ratio, spread, limit, holds, median_ms: time, runs } = result;
  const verdict = limit === undefined ? "reported" : `bar ${limit}, ${holds ? "holds" : "MISSED"}`;
  const around = spread === undefined ? "" : `, quartiles ${spread.join(" to ")}`;
  return `${area}: ${bar}: ${ratio} (${verdict}${around}; ${time} ms, ${runs} runs)`;
}

/** The middle of a list of numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
