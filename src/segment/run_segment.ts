import type { TransactionSql } from "postgres";
import type { Config } from "../config/model.ts";
import type { SegmentConfig } from "../config/model_segment.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { withHubTransaction } from "../hub/hub_transaction.ts";
import { requireLease } from "../hub/lease.ts";
import type { RunContext } from "../hub/run.ts";
import { applyMemberships } from "../hub/segment_membership.ts";
import type { Counts } from "../observe/observation.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { evaluateSegments } from "./evaluate_segments.ts";
import { planSegments } from "./plan_segments.ts";
import { loadSourceCatalog, segmentSources } from "./source_catalog.ts";

/** What evaluating segments works with. */
export interface SegmentDeps {
  readonly config: Config;
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
}

/** One segment and the run that evaluates it. */
export interface SegmentRun {
  readonly segment: SegmentConfig;
  readonly context: RunContext;
}

/**
 * Evaluates a segment as of the run's tick and stores its membership. Counts: `entered`, `left`,
 * `total`, and `unmatched`, the keys that met a condition and belong to no contact.
 *
 * All of it becomes visible in one hub transaction that holds the run's lease: a run that fails, or
 * whose lease was taken over, changes nothing. "Now" is the tick's moment, so a tick that is tried
 * again, or made up for later, finds the same.
 */
export async function runSegment(
  segment: SegmentConfig,
  context: RunContext,
  deps: SegmentDeps,
): Promise<Counts> {
  const [counts] = await runSegments([{ segment, context }], deps);
  return counts ?? {};
}

/**
 * Evaluates several segments in one pass and answers their counts in order: conditions over the
 * same source share one scan where that is cheaper. All of them use the first run's tick as "now"
 * and become visible together; when one lease is lost, none of them changes.
 */
export async function runSegments(
  runs: readonly SegmentRun[],
  deps: SegmentDeps,
): Promise<Counts[]> {
  const [first] = runs;
  if (first === undefined) return [];
  const { config, connectors, hub } = deps;
  const segments = runs.map(({ segment }) => segment);
  const signal = AbortSignal.any(runs.map(({ context }) => context.signal));
  const names = new Set(segments.flatMap((each) => [...segmentSources(each, config)]));
  const catalog = await loadSourceCatalog(names, config, connectors);
  const now = first.context.scheduledAt;
  const plan = planSegments(segments, config, catalog, now.getTime());
  return await withHubTransaction(deps.hubTarget, signal, async (hubSession) => {
    const reading = { hubSession, hub: hub.sql, connectors, config, signal };
    const evaluated = await evaluateSegments(plan, reading);
    const { sql } = hubSession;
    await Promise.all(
      runs.map(({ context }) => requireLease(sql as unknown as TransactionSql, context.lease)),
    );
    const memberships = evaluated.map(({ plan: { segment, members, onlyLeaf }, unmatched }) => ({
      id: segment.id,
      name: segment.name,
      members,
      onlyLeaf,
      unmatched,
    }));
    const changes = await applyMemberships(sql, memberships, now.toISOString());
    return changes.map((change, index) => ({
      ...change,
      unmatched: evaluated[index]?.unmatched ?? 0,
    }));
  });
}
