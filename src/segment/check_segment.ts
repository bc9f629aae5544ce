import type { Sql } from "postgres";
import type { Config } from "../config/model.ts";
import type { SegmentConfig, SegmentNode } from "../config/model_segment.ts";
import { PerigeeError } from "../error.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import { planSegments, type RemoteLeaf } from "./plan_segments.ts";
import { requireOneSelect } from "./require_one_select.ts";
import type { SegmentDeps } from "./run_segment.ts";
import { forEachNode, loadSourceCatalog } from "./source_catalog.ts";

/** One thing about a segment that a customer's database has shown. */
export interface SegmentProblem {
  /** A code of `segmentCodes`, or of the failure table. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** `config/perigee.yaml:12:9` */
  readonly place: string;
  readonly message: string;
  readonly advice: string | undefined;
}

/**
 * The planner's cost from which on a scan is told: some 100,000 short rows, which take 20 ms.
 * Halved, it warns of tables that nobody would index; doubled, it keeps silent about slow ones.
 */
const scanCost = 2_000;

/**
 * Looks at a segment with the databases that it reads: are the tables and columns there, does each
 * operator fit its column, does the server take each statement, does one scan a large table. Answers
 * all problems at once and none when all is well. Reads catalogs and plans, no rows; throws nothing
 * that a configuration or a database gives reason for.
 */
export async function checkSegment(
  segment: SegmentConfig,
  { config, connectors }: Pick<SegmentDeps, "config" | "connectors">,
  now: Date,
): Promise<SegmentProblem[]> {
  const found = new Map<string, SegmentProblem>();
  const report = (problem: SegmentProblem) =>
    void found.set(`${problem.place} ${problem.message}`, problem);
  for (const node of leavesOf(segment, config)) {
    const isSource = node.kind === "source";
    try {
      const sources = isSource ? [node.source] : [];
      const catalog = await loadSourceCatalog(sources, config, connectors);
      const plan = (each: Leaf) => {
        const alone = { ...segment, where: each, exclude: undefined };
        return planSegments([alone], config, catalog, now.getTime()).leaves;
      };
      const problems = partsOf(node).flatMap((part) => problemsOf(() => plan(part), node.place));
      problems.forEach(report);
      if (problems.length > 0) continue;
      for (const leaf of plan(node)) {
        (await checkStatement(leaf, connectors.pool(leaf.connector))).forEach(report);
      }
    } catch (error) {
      report(problemOf(error, node.place));
    }
  }
  return [...found.values()];
}

type Leaf = Extract<SegmentNode, { kind: "source" | "contact" | "dataset" | "sql" }>;

function leavesOf(segment: SegmentConfig, config: Config): Leaf[] {
  const leaves: Leaf[] = [];
  forEachNode(segment, config, (node) => {
    if (node.kind === "source" || node.kind === "contact") leaves.push(node);
    if (node.kind === "dataset" || node.kind === "sql") leaves.push(node);
  });
  return leaves;
}

/** The leaf with each of its conditions alone, so that all of them are judged. */
function partsOf(node: Leaf): Leaf[] {
  if (node.kind === "sql" || node.conditions.length < 2) return [node];
  return node.conditions.map((condition) => ({ ...node, conditions: [condition] }));
}

function problemsOf(plan: () => unknown, place: string): SegmentProblem[] {
  try {
    plan();
    return [];
  } catch (error) {
    return [problemOf(error, place)];
  }
}

function problemOf(error: unknown, place: string): SegmentProblem {
  if (!(error instanceof PerigeeError)) throw error;
  const { code, message, advice } = error;
  return { code, severity: "error", place, message, advice };
}

async function checkStatement(leaf: RemoteLeaf, pool: Pool): Promise<SegmentProblem[]> {
  const { place, statement, connector } = leaf;
  try {
    const plan = await pool.sql.begin("read only", async (sql) => {
      await requireOneSelect(leaf, sql as unknown as Sql, pool.target);
      const [row] = await sql.unsafe<{ plan: unknown }[]>(
        `explain (format json) ${statement}`,
      );
      return Object.values(row ?? {})[0];
    });
    const scans = findScans(typeof plan === "string" ? JSON.parse(plan) : plan);
    return scans.map((table) => ({
      code: "PG624",
      severity: "warning",
      place,
      message: `the conditions make ${connector} scan all of ${table}`,
      advice: "Create an index that serves them, or evaluate the segment less often.",
    }));
  } catch (error) {
    const doing = `plan the conditions at ${place}`;
    return [problemOf(describeFailure(error, { doing, target: pool.target }), place)];
  }
}

/** Names of large tables that a plan reads from end to end. */
function findScans(plan: unknown): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    const node = value as Record<string, unknown>;
    const isScan = node["Node Type"] === "Seq Scan" && Number(node["Total Cost"]) > scanCost;
    if (isScan) found.add(String(node["Relation Name"]));
    Object.values(node).forEach(visit);
  };
  visit(plan);
  return [...found];
}
