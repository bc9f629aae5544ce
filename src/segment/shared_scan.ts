import type { Sql } from "postgres";
import type { Config } from "../config/model.ts";
import { sourceKeyExpression } from "../connector/contact_key.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import type { Comparison } from "./comparison.ts";
import { groupComparisons, hullSql, type LookupGroup, rankLiterals } from "./lookup_group.ts";
import type { RemoteLeaf } from "./plan_segments.ts";

/** One condition of a leaf that can share a scan. */
export interface ScanPart {
  /** Condition over the source's table `t`. */
  readonly sql: string;
  readonly column: string;
  /** The same as a comparison, where it is one; then many of them cost one search. */
  readonly comparison: Comparison | undefined;
}

/** Leaves of one scan at most: their bits share a bigint. */
export const scanLeaves = 62;

/**
 * One pass over the table of a source that returns each row's key with a bit for every leaf whose
 * conditions it meets, and no row that meets none. All leaves have a `scan` of the same source.
 *
 * Comparisons on one column are one binary search in a sorted array of all their literals
 * (`width_bucket`), whose answer is the place of the bits that hold there: the cost of a row grows
 * with the columns that are compared, not with the number of leaves. Other conditions are tested one
 * by one. The server orders the literals itself, by the rules of their type. Each `offset 0` keeps
 * Postgres from computing what it wraps more than once.
 */
export async function sharedStatement(
  leaves: readonly RemoteLeaf[],
  config: Config,
  sql: Sql,
): Promise<string> {
  const [first] = leaves;
  const source = config.sources.get(first?.scan?.source ?? "");
  const connector = config.connectors.get(first?.connector ?? "");
  if (source === undefined || connector === undefined) throw new Error("a leaf has no source");
  const parts = leaves.map(({ scan }) => scan?.parts ?? []);
  const groups = await Promise.all(
    groupComparisons(parts).map((group) => rankLiterals(group, sql)),
  );
  const inGroups = new Set(groups.flatMap(({ members }) => members.map(({ part }) => part)));
  const alone = parts.map((own) => own.filter((part) => !inGroups.has(part)));
  const key = `t.${quoteIdentifier(connector.key.column)}`;
  const hulls = groups.map((group) => hullSql(group, leaves.length))
    .filter((hull) => hull !== undefined);
  const from = `from ${quoteQualified(source.schema, source.table)} as t
      where ${[`${key} is not null`, ...hulls].join(" and ")}`;
  const columns = [connector.key.column, ...alone.flat().map(({ column }) => column)];
  const searched = searchSql(groups, columns, from);
  const bits = [
    ...groups.map((group, index) => lookupSql(group, searched.prefix, index)),
    ...aloneSql(alone),
  ];
  const payload = bits.length === 0 ? everyBit(leaves.length) : bits.join("\n        & ");
  return `select ${sourceKeyExpression("scanned.key", connector.key.field)} as key, payload from (
      select ${key} as key, ${payload} as payload
      ${searched.from} offset 0) as scanned
    where payload <> 0`;
}

function everyBit(leaves: number): string {
  return `${(1n << BigInt(leaves)) - 1n}::bigint`;
}

/** The rows with the place of each compared value among the literals, as a FROM item `t`. */
function searchSql(
  groups: readonly LookupGroup[],
  columns: readonly string[],
  from: string,
): { from: string; prefix: string } {
  if (groups.length === 0) return { from, prefix: "" };
  let prefix = "perigee";
  while (columns.some((name) => name.startsWith(prefix))) prefix += "_";
  const list = [
    ...[...new Set(columns)].map((name) => `t.${quoteIdentifier(name)}`),
    ...groups.flatMap(({ operand, array, isExact }, index) => [
      `width_bucket(${operand}, ${array}) as ${prefix}_place${index}`,
      ...(isExact ? [`${operand} as ${prefix}_value${index}`] : []),
    ]),
  ];
  return { from: `from (select ${list.join(", ")}\n      ${from} offset 0) as t`, prefix };
}

/**
 * The bits of one group: even places lie between literals, odd ones are literals. A null value has
 * the bits of the leaves that do not compare it.
 */
function lookupSql(
  { array, isExact, masks, nullMask }: LookupGroup,
  prefix: string,
  index: number,
): string {
  const place = `t.${prefix}_place${index}`;
  const isLiteral = `t.${prefix}_value${index} = (${array})[${place}]`;
  const listed = isExact ? masks : masks.filter((_mask, slot) => slot % 2 === 0);
  const slot = isExact
    ? `1 + 2 * ${place} - case when ${isLiteral} then 1 else 0 end`
    : `1 + ${place}`;
  return `coalesce(('{${listed.join(",")}}'::bigint[])[${slot}], ${nullMask}::bigint)`;
}

/** The bits of conditions that are tested one by one. */
function aloneSql(alone: readonly (readonly ScanPart[])[]): string[] {
  const every = (1n << BigInt(alone.length)) - 1n;
  return alone.flatMap((own, leaf) => {
    if (own.length === 0) return [];
    const condition = own.map(({ sql }) => sql).join(" and ");
    const without = every ^ (1n << BigInt(leaf));
    return [`case when ${condition} then ${every}::bigint else ${without}::bigint end`];
  });
}
