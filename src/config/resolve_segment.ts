import type { DatasetName } from "../dataset/datasets.ts";
import type { SegmentConfig, SegmentNode } from "./model_segment.ts";
import { resolveConditions, resolveCount, resolveSum } from "./resolve_condition.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { resolveSchedule } from "./resolve_schedule.ts";
import { resolveSegmentTests } from "./resolve_test_case.ts";
import type { ConfigInput } from "./schema.ts";
import type { SegmentNodeInput } from "./schema_segment.ts";
import { formatPlace } from "./place.ts";
import type { TreePath } from "./tree.ts";

const nodeKeys = ["all", "any", "none", "source", "contact", "dataset", "segment", "sql"] as const;
type NodeKey = (typeof nodeKeys)[number];

/** Which of the other keys may stand beside the one that says what the node is. */
const companions: Readonly<Record<NodeKey, readonly (keyof SegmentNodeInput)[]>> = {
  all: [],
  any: [],
  none: [],
  source: ["conditions", "count"],
  contact: [],
  dataset: ["conditions", "count", "sum"],
  segment: [],
  sql: ["connector"],
};

function kindOf(
  input: SegmentNodeInput,
  path: TreePath,
  context: ResolveContext,
): NodeKey | undefined {
  const given = nodeKeys.filter((key) => input[key] !== undefined);
  const [kind, second] = given;
  if (kind === undefined) {
    const message =
      "A condition needs one of `source`, `contact`, `dataset`, `segment`, `sql`, `all`, `any` and `none`.";
    context.error("PG153", context.value(path), message);
    return undefined;
  }
  if (second !== undefined) {
    context.error(
      "PG152",
      context.key([...path, second]),
      `\`${second}\` stands beside \`${kind}\`; write two conditions under \`all\` or \`any\`.`,
    );
    return undefined;
  }
  let isGood = true;
  for (const key of ["conditions", "count", "sum", "connector"] as const) {
    if (!context.has([...path, key]) || companions[kind].includes(key)) continue;
    isGood = false;
    const message = `\`${key}\` has no meaning beside \`${kind}\`.`;
    context.error("PG152", context.key([...path, key]), message);
  }
  return isGood ? kind : undefined;
}

function resolveLeaf(
  kind: NodeKey,
  input: SegmentNodeInput,
  path: TreePath,
  context: ResolveContext,
): SegmentNode | undefined {
  const place = formatPlace(context.value(path));
  if (kind === "segment") return { kind, segment: input.segment ?? "", place };
  if (kind === "sql") {
    const { sql, connector } = input;
    if (connector !== undefined) return { kind, connector, sql: sql ?? "", place };
    context.error("PG153", context.key([...path, "sql"]), "`sql` needs `connector`.");
    return undefined;
  }
  const dataset: DatasetName | undefined = kind === "contact" ? "contacts" : input.dataset;
  const written = kind === "contact" ? "contact" : "conditions";
  const conditions = resolveConditions([...path, written], dataset, context);
  if (kind === "contact") return conditions && { kind, conditions, place };
  const count = resolveCount([...path, "count"], context);
  if (kind === "source") {
    if (conditions === undefined || count === "bad") return undefined;
    return { kind, source: input.source ?? "", conditions, count, place };
  }
  const sum = dataset === undefined ? undefined : resolveSum([...path, "sum"], dataset, context);
  if (dataset === undefined || conditions === undefined) return undefined;
  if (count === "bad" || sum === "bad") return undefined;
  return { kind: "dataset", dataset, conditions, count, sum, place };
}

function resolveNode(
  input: SegmentNodeInput,
  path: TreePath,
  context: ResolveContext,
): SegmentNode | undefined {
  const kind = kindOf(input, path, context);
  if (kind === undefined) return undefined;
  if (kind !== "all" && kind !== "any" && kind !== "none") {
    return resolveLeaf(kind, input, path, context);
  }
  const nodes = (input[kind] ?? []).map((each, index) =>
    resolveNode(each, [...path, kind, index], context)
  ).filter((node) => node !== undefined);
  return { kind, nodes };
}

/** One segment with its tree; undefined with findings when its condition is unusable. */
export function resolveSegment(
  name: string,
  input: ConfigInput["segments"][string],
  context: ResolveContext,
): SegmentConfig | undefined {
  const path = ["segments", name];
  const where = resolveNode(input.where, [...path, "where"], context);
  const exclude = input.exclude === undefined
    ? undefined
    : resolveNode(input.exclude, [...path, "exclude"], context);
  const schedule = resolveSchedule(input, path, context);
  if (where === undefined) return undefined;
  return {
    name,
    id: input.id,
    timezone: schedule.timezone,
    where,
    exclude,
    schedule,
    listen: input.listen,
    debounceMs: input.debounce,
    maxStalenessMs: input.max_staleness,
    tests: resolveSegmentTests(input.tests, schedule.timezone, [...path, "tests"], context),
  };
}

function referredBy(node: SegmentNode | undefined): string[] {
  if (node === undefined) return [];
  if (node.kind === "segment") return [node.segment];
  return "nodes" in node ? node.nodes.flatMap(referredBy) : [];
}

/** Reports each circle of segments once, at the segment of it that is defined first. */
export function findSegmentCycles(
  segments: ReadonlyMap<string, SegmentConfig>,
  context: ResolveContext,
): void {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): void => {
    const at = trail.indexOf(name);
    if (at >= 0) {
      const circle = [...trail.slice(at), name].join(" → ");
      const place = context.key(["segments", name]);
      context.error("PG142", place, `The segment's conditions lead back to itself: ${circle}.`);
      return;
    }
    const segment = segments.get(name);
    if (segment === undefined || done.has(name)) return;
    trail.push(name);
    for (const next of [...referredBy(segment.where), ...referredBy(segment.exclude)]) visit(next);
    trail.pop();
    done.add(name);
  };
  for (const name of segments.keys()) visit(name);
}
