import type { Config } from "../config/model.ts";
import type { SegmentConfig } from "../config/model_segment.ts";
import { forEachNode } from "./source_catalog.ts";

/** The connectors whose databases a segment reads, each once; where its `listen` is heard. */
export function segmentConnectors(segment: SegmentConfig, config: Config): string[] {
  const names = new Set<string>();
  forEachNode(segment, config, (node) => {
    if (node.kind === "sql") names.add(node.connector);
    if (node.kind !== "source") return;
    const source = config.sources.get(node.source);
    if (source !== undefined) names.add(source.connector);
  });
  return [...names];
}
