import type { SegmentConfig } from "../config/model_segment.ts";
import { planSegments } from "./plan_segments.ts";
import type { SegmentDeps } from "./run_segment.ts";
import { loadSourceCatalog, segmentSources } from "./source_catalog.ts";

/** The SQL of a segment, for people to read. */
export interface SegmentSql {
  /** What each customer's database is asked, in the order of the leaves' numbers. */
  readonly leaves: readonly {
    readonly leaf: number;
    readonly connector: string;
    readonly place: string;
    readonly statement: string;
  }[];
  /** What the hub does with the answers, `segment_matched (leaf, contact_id)`. */
  readonly members: string;
}

/** The statements that evaluate a segment as of `now`. Reads catalogs, no rows. */
export async function segmentSql(
  segment: SegmentConfig,
  { config, connectors }: Pick<SegmentDeps, "config" | "connectors">,
  now: Date,
): Promise<SegmentSql> {
  const sources = segmentSources(segment, config);
  const catalog = await loadSourceCatalog(sources, config, connectors);
  const plan = planSegments([segment], config, catalog, now.getTime());
  return {
    leaves: plan.leaves.map(({ leaf, connector, place, statement }) => ({
      leaf,
      connector,
      place,
      statement,
    })),
    members: plan.segments[0]?.members ?? "",
  };
}
