import type { Config, SegmentConfig } from "../config/model.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { planSegments } from "../segment/plan_segments.ts";
import { segmentConnectors } from "../segment/segment_connectors.ts";
import { loadSourceCatalog, segmentSources } from "../segment/source_catalog.ts";
import { type CheckStep, StepList } from "./check_step.ts";

/**
 * Plans every segment against the tables that it reads, which finds missing columns and operators
 * that do not fit their types, and has each customer's server plan the statements. Segments that
 * need a connector which is not among `reachable` are skipped. Reads no rows, throws nothing.
 */
export async function checkSegments(
  config: Config,
  reachable: ReadonlySet<string>,
  now: Date,
): Promise<CheckStep[]> {
  const connectors = new ConnectorRegistry(config.connectors);
  const steps: CheckStep[] = [];
  try {
    for (const segment of config.segments.values()) {
      const list = new StepList(`segment/${segment.name}`);
      const missing = segmentConnectors(segment, config).filter((name) => !reachable.has(name));
      if (missing.length > 0) {
        list.skip("all", `connector ${missing.join(", ")} cannot be reached`);
      } else await checkSegment(list, segment, { config, connectors, now });
      steps.push(...list.steps);
    }
  } finally {
    await connectors.close(0);
  }
  return steps;
}

async function checkSegment(
  list: StepList,
  segment: SegmentConfig,
  { config, connectors, now }: { config: Config; connectors: ConnectorRegistry; now: Date },
): Promise<void> {
  try {
    const sources = segmentSources(segment, config);
    const catalog = await loadSourceCatalog(sources, config, connectors);
    const { leaves } = planSegments([segment], config, catalog, now.getTime());
    list.ok("conditions", "their columns are there and their operators fit");
    for (const leaf of leaves) {
      const { sql, target } = connectors.pool(leaf.connector);
      await list.attempt(
        "statement",
        target,
        `plan the conditions of ${leaf.place}`,
        () => sql.begin("read only", (tx) => tx.unsafe(`explain ${leaf.statement}`)),
      );
    }
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    list.failBy("conditions", error);
  }
}
