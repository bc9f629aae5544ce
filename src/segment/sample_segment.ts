import type { SegmentConfig } from "../config/model_segment.ts";
import { withHubTransaction } from "../hub/hub_transaction.ts";
import { type SampledContact, sampleMembers } from "../hub/segment.ts";
import { evaluateSegments } from "./evaluate_segments.ts";
import { planSegments } from "./plan_segments.ts";
import type { SegmentDeps } from "./run_segment.ts";
import { loadSourceCatalog, segmentSources } from "./source_catalog.ts";

/** What a segment would hold. */
export interface SegmentSample {
  readonly total: number;
  /** Keys that met a condition and belong to no contact. */
  readonly unmatched: number;
  /** At most as many as were asked for, by contact id. */
  readonly contacts: readonly SampledContact[];
}

/** Evaluates a segment as of `now` and stores nothing: counts it and lists up to `limit` members. */
export async function sampleSegment(
  segment: SegmentConfig,
  deps: SegmentDeps,
  options: { readonly now: Date; readonly limit: number; readonly signal: AbortSignal },
): Promise<SegmentSample> {
  const { config, connectors, hub } = deps;
  const { signal } = options;
  const catalog = await loadSourceCatalog(segmentSources(segment, config), config, connectors);
  const plan = planSegments([segment], config, catalog, options.now.getTime());
  return await withHubTransaction(deps.hubTarget, signal, async (hubSession) => {
    const reading = { hubSession, hub: hub.sql, connectors, config, signal };
    const [evaluated] = await evaluateSegments(plan, reading);
    if (evaluated === undefined) throw new Error("one segment gives one result");
    const { members } = evaluated.plan;
    const sample = await sampleMembers(hubSession.sql, members, options.limit);
    return { ...sample, unmatched: evaluated.unmatched };
  });
}
