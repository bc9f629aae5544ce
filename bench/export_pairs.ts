import { performance } from "node:perf_hooks";
import { median, type PairedResult } from "./paired.ts";

/** One side of a pair: what is done before each run, untimed, and the run. */
export interface Side {
  readonly prepare: () => Promise<void>;
  /** Answers its own time in ms where the wall clock around it would tell too much. */
  readonly run: () => Promise<number | void>;
}

/**
 * As `pairedRatio`, for works that need preparing: A B B A A B …, one pair to warm up. The ratio is
 * the first's median time divided by the second's, and must stay within the limit.
 */
export async function pairedAtMost(
  bar: string,
  limit: number,
  first: Side,
  second: Side,
  runs: number,
): Promise<PairedResult> {
  const times: [number[], number[]] = [[], []];
  for (let run = -1; run < runs; run += 1) {
    for (const side of run % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
      const { prepare, run: work } = side === 0 ? first : second;
      await prepare();
      const startedAt = performance.now();
      const own = await work();
      if (run >= 0) times[side].push(own ?? performance.now() - startedAt);
    }
  }
  const ratio = median(times[0]) / median(times[1]);
  return bounded(bar, ratio, limit, median(times[0]), runs);
}

/** A result whose figure must not exceed its limit. */
export function bounded(
  bar: string,
  figure: number,
  limit: number,
  medianMs: number,
  runs: number,
): PairedResult {
  const round = (value: number) => Number(value.toPrecision(4));
  return {
    area: "export",
    bar,
    ratio: round(figure),
    limit,
    holds: figure <= limit,
    median_ms: round(medianMs),
    runs,
  };
}
