import type { Config, KeyField } from "../config/model.ts";
import type { SegmentConfig, SegmentNode } from "../config/model_segment.ts";
import { sourceKeyExpression } from "../connector/contact_key.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import { acceptsZero, compareNumberSql, comparisonOf, conditionSql } from "./condition_sql.ts";
import { contactLeafSql, datasetLeafSql } from "./hub_leaf.ts";
import type { Moment } from "./moment_condition.ts";
import type { ScanPart } from "./shared_scan.ts";
import { sourceOperand } from "./source_operand.ts";
import type { SourceCatalog } from "./source_catalog.ts";
import { openZone } from "./zone.ts";

/** A group of conditions that the customer's database answers with the keys that meet them. */
export interface RemoteLeaf {
  /** Number of the leaf among all of one evaluation. */
  readonly leaf: number;
  readonly connector: string;
  readonly field: KeyField;
  readonly place: string;
  /** SELECT of one column `key`; or of `key` and `payload`, the rows of the key, with `having`. */
  readonly statement: string;
  /** The configuration's own SQL, where the leaf is such; not yet known to be one SELECT. */
  readonly query: string | undefined;
  /** Its conditions, where the leaf can share one scan of the source with others. */
  readonly scan: { readonly source: string; readonly parts: readonly ScanPart[] } | undefined;
  /** What the number of rows, `n`, has to meet, where only the hub can tell whose rows they are. */
  readonly having: string | undefined;
  /** The contacts of the leaf are those that are left out, so their keys tell nothing unmatched. */
  readonly isComplement: boolean;
}

/** How one segment is computed from the leaves. */
export interface SegmentPlan {
  readonly segment: SegmentConfig;
  /** SELECT of `contact_id` over the hub's tables and `segment_matched (leaf, contact_id, key)`. */
  readonly members: string;
  readonly leaves: readonly number[];
  /** The leaf that the segment is, where it is exactly one; a scan, cheaper repeated than stored. */
  readonly onlyLeaf: number | undefined;
}

/** Several segments as one evaluation: leaves that are the same are read once. */
export interface EvaluationPlan {
  readonly nowMs: number;
  readonly leaves: readonly RemoteLeaf[];
  readonly segments: readonly SegmentPlan[];
}

const everyContact = "select contact_id from perigee.contacts";

/**
 * Plans the evaluation of segments as of `nowMs`, the only "now" that any statement knows. Pure.
 * Throws what `conditionSql` throws, and PG621 for columns that are not there.
 */
export function planSegments(
  segments: readonly SegmentConfig[],
  config: Config,
  catalog: SourceCatalog,
  nowMs: number,
): EvaluationPlan {
  const planner = new Planner(config, catalog, nowMs);
  const plans = segments.map((segment) => planner.plan(segment));
  return { nowMs, leaves: planner.leaves, segments: plans };
}

type NodeOf<K extends SegmentNode["kind"]> = Extract<SegmentNode, { kind: K }>;
type NewLeaf = Omit<RemoteLeaf, "leaf">;

class Planner {
  readonly #config: Config;
  readonly #catalog: SourceCatalog;
  readonly #nowMs: number;
  readonly #byStatement = new Map<string, RemoteLeaf>();
  #used = new Set<number>();

  constructor(config: Config, catalog: SourceCatalog, nowMs: number) {
    this.#config = config;
    this.#catalog = catalog;
    this.#nowMs = nowMs;
  }

  get leaves(): RemoteLeaf[] {
    return [...this.#byStatement.values()];
  }

  plan(segment: SegmentConfig): SegmentPlan {
    this.#used = new Set();
    const members = this.#membersOf(segment);
    const leaves = [...this.#used];
    const [first, second] = leaves;
    const isOne = first !== undefined && second === undefined && members === leafMembers(first);
    return { segment, members, leaves, onlyLeaf: isOne ? first : undefined };
  }

  #membersOf({ timezone, where, exclude }: SegmentConfig): string {
    const moment = { nowMs: this.#nowMs, zone: openZone(timezone) };
    const members = this.#nodeMembers(where, moment);
    if (exclude === undefined) return members;
    return `(${members}) except (${this.#nodeMembers(exclude, moment)})`;
  }

  #nodeMembers(node: SegmentNode, moment: Moment): string {
    switch (node.kind) {
      case "all":
        return this.#combine(node.nodes, "intersect", moment);
      case "any":
        return this.#combine(node.nodes, "union", moment);
      case "none":
        return except(this.#combine(node.nodes, "union", moment));
      case "contact":
        return contactLeafSql(node, moment);
      case "dataset":
        return datasetLeafSql(node, moment);
      case "segment":
        return this.#membersOf(this.#requireSegment(node.segment));
      case "source":
        return this.#remoteMembers(this.#sourceLeaf(node, moment));
      case "sql":
        return this.#remoteMembers(this.#sqlLeaf(node));
    }
  }

  #combine(nodes: readonly SegmentNode[], by: "intersect" | "union", moment: Moment): string {
    const sets = nodes.map((node) => this.#nodeMembers(node, moment));
    return sets.length === 1 ? sets[0] ?? "" : sets.map((set) => `(${set})`).join(` ${by} `);
  }

  #requireSegment(name: string): SegmentConfig {
    const segment = this.#config.segments.get(name);
    if (segment === undefined) throw new Error(`there is no segment ${name}`);
    return segment;
  }

  #remoteMembers(leaf: NewLeaf): string {
    const id = JSON.stringify([leaf.connector, leaf.statement, leaf.having]);
    const known = this.#byStatement.get(id) ?? { ...leaf, leaf: this.#byStatement.size + 1 };
    this.#byStatement.set(id, known);
    this.#used.add(known.leaf);
    const members = leafMembers(known.leaf);
    return leaf.isComplement ? except(members) : members;
  }

  #sourceLeaf(node: NodeOf<"source">, moment: Moment): NewLeaf {
    const source = this.#config.sources.get(node.source);
    const table = this.#catalog.get(node.source);
    if (source === undefined || table === undefined) {
      throw new Error(`there is no source ${node.source}`);
    }
    const { connector } = source;
    const key = this.#requireKey(connector);
    const parts = node.conditions.map((each): ScanPart => {
      const operand = sourceOperand(source, table, each, moment);
      const comparison = comparisonOf(each, operand, moment);
      const isLoose = comparison?.type === "text" && table.looseColumns.has(each.column);
      return {
        sql: `(${conditionSql(each, operand, moment)})`,
        column: each.column,
        comparison: isLoose ? undefined : comparison,
      };
    });
    const condition = parts.length === 0 ? "true" : parts.map(({ sql }) => sql).join(" and ");
    const column = `t.${quoteIdentifier(key.column)}`;
    const keySql = sourceKeyExpression(column, key.field);
    const from = `from ${quoteQualified(source.schema, source.table)} as t where ${condition}`;
    const known = `and ${column} is not null`;
    const shared = { connector, field: key.field, place: node.place, query: undefined };
    if (node.count === undefined) {
      const distinct = table.isKeyUnique ? "" : "distinct ";
      return {
        ...shared,
        statement: `select ${distinct}${keySql} as key ${from} ${known}`,
        scan: { source: source.name, parts },
        having: undefined,
        isComplement: false,
      };
    }
    const { count } = node;
    const isComplement = acceptsZero(count);
    const meets = (n: string) => {
      const sql = compareNumberSql(n, count);
      return isComplement ? `not (${sql})` : sql;
    };
    // Only libphonenumber knows which numbers are the same, so the hub adds up their rows.
    const isPhone = key.field.kind === "phone";
    return {
      ...shared,
      statement: isPhone
        ? `select ${keySql} as key, count(*) as payload ${from} ${known} group by 1`
        : `select ${keySql} as key ${from} ${known} group by 1 having ${meets("count(*)")}`,
      scan: undefined,
      having: isPhone ? meets("n") : undefined,
      isComplement,
    };
  }

  #sqlLeaf({ connector, sql, place }: NodeOf<"sql">): NewLeaf {
    const { field } = this.#requireKey(connector);
    const query = sql.replace(/[\s;]+$/, "");
    const key = sourceKeyExpression("leaf.key", field);
    return {
      connector,
      field,
      place,
      query,
      statement: `select distinct ${key} as key from (${query}\n) as leaf (key)`,
      scan: undefined,
      having: undefined,
      isComplement: false,
    };
  }

  #requireKey(connector: string): { readonly column: string; readonly field: KeyField } {
    const key = this.#config.connectors.get(connector)?.key;
    if (key === undefined) throw new Error(`there is no connector ${connector}`);
    return key;
  }
}

function leafMembers(leaf: number): string {
  return `select contact_id from segment_matched where leaf = ${leaf} and contact_id is not null`;
}

function except(members: string): string {
  return `${everyContact} except (${members})`;
}
