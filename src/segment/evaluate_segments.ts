import { countUnmatched, createEvaluationTables, indexMatches } from "../hub/segment.ts";
import type { EvaluationPlan, SegmentPlan } from "./plan_segments.ts";
import { type LeafReading, readLeaves } from "./read_leaves.ts";

/** A segment whose leaves are in `segment_matched`, ready to be applied or looked at. */
export interface EvaluatedSegment {
  readonly plan: SegmentPlan;
  /** Keys that met a condition and belong to no contact. */
  readonly unmatched: number;
}

/** From so many leaves on an index on them costs less than each segment's scan of all matches. */
const indexedLeaves = 8;

/**
 * Computes the leaves of all planned segments inside the hub transaction of `reading.hubSession`
 * and leaves them in its TEMP tables. Writes nothing that others see.
 */
export async function evaluateSegments(
  plan: EvaluationPlan,
  reading: LeafReading,
): Promise<EvaluatedSegment[]> {
  const { sql } = reading.hubSession;
  await createEvaluationTables(sql);
  await readLeaves(plan.leaves, reading);
  const isSearched = plan.segments.some(({ onlyLeaf }) => onlyLeaf === undefined);
  if (isSearched && plan.leaves.length >= indexedLeaves) await indexMatches(sql);
  const complements = new Set(
    plan.leaves.filter(({ isComplement }) => isComplement).map(({ leaf }) => leaf),
  );
  const telling = plan.segments.map(({ leaves }) =>
    leaves.filter((leaf) => !complements.has(leaf))
  );
  const unmatched = await countUnmatched(sql, telling, plan.leaves.length < 2);
  return plan.segments.map((segment, index) => ({
    plan: segment,
    unmatched: unmatched[index] ?? 0,
  }));
}
