import type { Config } from "../config/model.ts";
import type { SegmentConfig, SegmentNode } from "../config/model_segment.ts";
import { findContactKeys, holdsInHub } from "../hub/segment_explanation.ts";
import { hubKeyExpression, sourceKeyExpression } from "../connector/contact_key.ts";
import { quoteIdentifier, quoteLiteral, quoteQualified } from "../postgres/identifier.ts";
import { conditionSql, meetsNumber } from "./condition_sql.ts";
import { contactLeafSql, datasetLeafSql } from "./hub_leaf.ts";
import type { Moment } from "./moment_condition.ts";
import type { SegmentDeps } from "./run_segment.ts";
import { loadSourceCatalog, segmentSources, type SourceCatalog } from "./source_catalog.ts";
import { sourceOperand } from "./source_operand.ts";
import { openZone } from "./zone.ts";

/** Why one node of a segment's tree holds for a contact, or does not. */
export interface NodeExplanation {
  /** `all`, `none`, `source promo_codes`, `contact`, `segment vip`, … */
  readonly node: string;
  readonly holds: boolean;
  readonly place: string | undefined;
  /** Source: how many of the contact's rows meet all conditions, and how many rows it has. */
  readonly rows: { readonly meeting: number; readonly all: number } | undefined;
  /** Each condition by itself: for sources the rows that meet it, else whether it holds. */
  readonly conditions: readonly {
    readonly column: string;
    readonly operator: string;
    readonly meets: number | boolean;
  }[];
  readonly nodes: readonly NodeExplanation[];
}

/** Why a contact is in a segment or not. */
export interface SegmentExplanation {
  readonly segment: string;
  readonly isIn: boolean;
  readonly where: NodeExplanation;
  readonly exclude: NodeExplanation | undefined;
}

/**
 * Says for each of `segments` why the contact is in or out as of `now`, leaf by leaf. Computed
 * afresh for this contact alone, with the conditions that the evaluation uses; stores nothing.
 * A phone key is known by the spellings that earlier runs have met.
 */
export async function explainContact(
  contactId: string,
  segments: readonly SegmentConfig[],
  deps: SegmentDeps,
  now: Date,
): Promise<SegmentExplanation[]> {
  const explanations: SegmentExplanation[] = [];
  for (const segment of segments) {
    const names = segmentSources(segment, deps.config);
    const catalog = await loadSourceCatalog(names, deps.config, deps.connectors);
    explanations.push(await new Explainer(contactId, deps, catalog, now).explain(segment));
  }
  return explanations;
}

type NodeOf<K extends SegmentNode["kind"]> = Extract<SegmentNode, { kind: K }>;

const plain = { place: undefined, rows: undefined, conditions: [], nodes: [] };

class Explainer {
  readonly #contactId: string;
  readonly #deps: SegmentDeps;
  readonly #catalog: SourceCatalog;
  readonly #now: Date;

  constructor(contactId: string, deps: SegmentDeps, catalog: SourceCatalog, now: Date) {
    this.#contactId = contactId;
    this.#deps = deps;
    this.#catalog = catalog;
    this.#now = now;
  }

  get #config(): Config {
    return this.#deps.config;
  }

  async explain(segment: SegmentConfig): Promise<SegmentExplanation> {
    const moment = { nowMs: this.#now.getTime(), zone: openZone(segment.timezone) };
    const where = await this.#node(segment.where, moment);
    const exclude = segment.exclude === undefined
      ? undefined
      : await this.#node(segment.exclude, moment);
    const isIn = where.holds && exclude?.holds !== true;
    return { segment: segment.name, isIn, where, exclude };
  }

  async #node(node: SegmentNode, moment: Moment): Promise<NodeExplanation> {
    switch (node.kind) {
      case "all":
      case "any":
      case "none": {
        const nodes: NodeExplanation[] = [];
        for (const child of node.nodes) nodes.push(await this.#node(child, moment));
        const some = nodes.some(({ holds }) => holds);
        const holds = node.kind === "all"
          ? nodes.every((each) => each.holds)
          : some === (node.kind === "any");
        return { ...plain, node: node.kind, holds, nodes };
      }
      case "segment":
        return await this.#segment(node);
      case "contact":
        return await this.#hubLeaf("contact", node, (each) => contactLeafSql(each, moment));
      case "dataset":
        return await this.#hubLeaf(
          `dataset ${node.dataset}`,
          node,
          (each) => datasetLeafSql(each, moment),
        );
      case "source":
        return await this.#source(node, moment);
      case "sql":
        return await this.#sql(node);
    }
  }

  async #segment(node: NodeOf<"segment">): Promise<NodeExplanation> {
    const segment = this.#config.segments.get(node.segment);
    if (segment === undefined) throw new Error(`there is no segment ${node.segment}`);
    const { isIn, where, exclude } = await this.explain(segment);
    const nodes = exclude === undefined ? [where] : [where, { ...exclude, node: "exclude" }];
    return { ...plain, node: `segment ${node.segment}`, place: node.place, holds: isIn, nodes };
  }

  async #hubLeaf<N extends NodeOf<"contact"> | NodeOf<"dataset">>(
    name: string,
    node: N,
    members: (node: N) => string,
  ): Promise<NodeExplanation> {
    const holds = (each: N) => holdsInHub(this.#deps.hub.sql, members(each), this.#contactId);
    const conditions = [];
    for (const condition of node.conditions) {
      const meets = await holds({ ...node, conditions: [condition] });
      conditions.push({ column: condition.column, operator: condition.operator, meets });
    }
    return { ...plain, node: name, place: node.place, holds: await holds(node), conditions };
  }

  async #source(node: NodeOf<"source">, moment: Moment): Promise<NodeExplanation> {
    const source = this.#config.sources.get(node.source);
    const table = this.#catalog.get(node.source);
    if (source === undefined || table === undefined) {
      throw new Error(`there is no source ${node.source}`);
    }
    const sql = node.conditions.map((each) =>
      `(${conditionSql(each, sourceOperand(source, table, each, moment), moment)})`
    );
    const column = `t.${quoteIdentifier(this.#keyOf(source.connector).column)}`;
    const numbers = ["true", sql.length === 0 ? "true" : sql.join(" and "), ...sql]
      .map((condition) => `(count(*) filter (where ${condition}))::float8`);
    const [row] = await this.#ask<number[]>(
      source.connector,
      `select array[${numbers.join(", ")}]::text as answer
       from ${quoteQualified(source.schema, source.table)} as t
       where ${await this.#isContact(source.connector, column)}`,
    );
    const [all = 0, meeting = 0, ...each] = row ?? [];
    const holds = node.count === undefined ? meeting > 0 : meetsNumber(meeting, node.count);
    const conditions = node.conditions.map(({ column, operator }, index) => ({
      column,
      operator,
      meets: each[index] ?? 0,
    }));
    const name = `source ${node.source}`;
    return { ...plain, node: name, place: node.place, holds, rows: { meeting, all }, conditions };
  }

  async #sql(node: NodeOf<"sql">): Promise<NodeExplanation> {
    const rows = `(${node.sql.replace(/[\s;]+$/, "")}\n) as leaf (key)`;
    const [found] = await this.#ask<number[]>(
      node.connector,
      `select array[count(*)]::text as answer from ${rows}
       where ${await this.#isContact(node.connector, "leaf.key")}`,
    );
    return { ...plain, node: "sql", place: node.place, holds: (found?.[0] ?? 0) > 0 };
  }

  #keyOf(connector: string) {
    return this.#deps.connectors.require(connector).key;
  }

  async #isContact(connector: string, column: string): Promise<string> {
    const { field } = this.#keyOf(connector);
    const keys = await findContactKeys(
      this.#deps.hub.sql,
      this.#contactId,
      hubKeyExpression(field, "c"),
      field,
    );
    if (keys.length === 0) return "false";
    return `${sourceKeyExpression(column, field)} in (${keys.map(quoteLiteral).join(", ")})`;
  }

  /** One row with one array of numbers, through the protocol that takes one statement only. */
  async #ask<T>(connector: string, statement: string): Promise<T[]> {
    const { sql } = this.#deps.connectors.pool(connector);
    const rows = await sql.begin(
      "read only",
      (tx) => tx.unsafe<{ answer: string }[]>(statement, [], { prepare: true }),
    );
    return rows.map(({ answer }) => JSON.parse(`[${answer.slice(1, -1)}]`) as T);
  }
}
