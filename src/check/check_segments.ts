import type { Config } from "../config/model.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { checkSegment, type SegmentProblem } from "../segment/check_segment.ts";
import { segmentConnectors } from "../segment/segment_connectors.ts";
import { type CheckStep, StepList } from "./check_step.ts";

/**
 * Looks at every segment with the databases that it reads: columns, operators that fit their types,
 * statements that the server takes, scans of large tables. Segments that need a connector which is
 * not among `reachable` are skipped. Reads no rows, throws nothing.
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
      } else {
        const problems = await checkSegment(segment, { config, connectors }, now);
        for (const problem of problems) report(list, problem);
        if (!problems.some(({ severity }) => severity === "error")) {
          list.ok("conditions", "their columns are there and their operators fit");
        }
      }
      steps.push(...list.steps);
    }
  } finally {
    await connectors.close(0);
  }
  return steps;
}

function report(list: StepList, problem: SegmentProblem): void {
  const { severity, place, message, advice, code } = problem;
  const text = `${place}: ${message}`;
  if (severity === "error") list.fail("conditions", text, advice ?? "Correct it there.", code);
  else list.warn("scan", text, advice);
}
