import type { Sql } from "postgres";
import type { ComparedType, Comparison, Interval } from "./comparison.ts";
import type { ScanPart } from "./shared_scan.ts";

/** Comparisons of several leaves with one operand. */
export interface ComparisonGroup {
  readonly type: ComparedType;
  readonly members: readonly GroupMember[];
  /** Number of leaves in the scan. */
  readonly leaves: number;
}

interface GroupMember {
  readonly leaf: number;
  readonly part: ScanPart;
  readonly comparison: Comparison;
}

/** A group as arrays: where a value lies among the literals, and which leaves hold there. */
export interface LookupGroup {
  readonly members: readonly GroupMember[];
  /** SQL over `t` for the value, in the type that it is compared in. */
  readonly operand: string;
  /** SQL for the array of all literals, each once, in order. */
  readonly array: string;
  readonly ranks: ReadonlyMap<string, number>;
  /** The literals in the order of the array. */
  readonly literals: readonly string[];
  /** Bits of the leaves by slot: 0 below all literals, 2r - 1 at the one of rank r, 2r above it. */
  readonly masks: readonly bigint[];
  /** Bits of the leaves that do not compare this operand. */
  readonly nullMask: bigint;
  /** Some leaf holds at a literal and not right above it, or the other way round. */
  readonly isExact: boolean;
}

/** More literals than this are left to the statements as they are: an array has to fit a value. */
const maxLiterals = 20_000;

/** Puts the comparisons of all leaves together by what they compare. Pure. */
export function groupComparisons(parts: readonly (readonly ScanPart[])[]): ComparisonGroup[] {
  const groups = new Map<string, GroupMember[]>();
  for (const [leaf, own] of parts.entries()) {
    for (const part of own) {
      const { comparison } = part;
      if (comparison === undefined) continue;
      const isWhole = comparison.type === "bigint";
      const id = JSON.stringify([comparison.operand, isWhole ? "numeric" : comparison.type]);
      groups.set(id, [...groups.get(id) ?? [], { leaf, part, comparison }]);
    }
  }
  return [...groups.values()].flatMap((members) => {
    const types = new Set(members.map(({ comparison }) => comparison.type));
    const [type] = types.size === 1 ? types : ["numeric" as const];
    const size = literalsOf(members).length;
    return type === undefined || size > maxLiterals
      ? []
      : [{ type, members, leaves: parts.length }];
  });
}

function literalsOf(members: readonly GroupMember[]): string[] {
  const bounds = members.flatMap(({ comparison }) =>
    comparison.intervals.flatMap(({ lower, upper }) => [lower, upper])
  );
  return [...new Set(bounds.flatMap((bound) => bound === undefined ? [] : [bound.literal]))];
}

/** Has the server order the group's literals, and works out which leaves hold where. */
export async function rankLiterals(
  { type, members, leaves }: ComparisonGroup,
  sql: Sql,
): Promise<LookupGroup> {
  const written = literalsOf(members);
  const values = written.map((literal, place) => `(${place}, (${literal})::${type})`);
  const order = type === "text" ? `value collate "C"` : "value";
  const rows = await sql.unsafe<{ place: number; rank: number }[]>(
    `select place, (dense_rank() over (order by ${order}))::integer as rank
     from (values ${values.join(", ")}) as given (place, value)`,
  );
  const ranks = new Map(rows.map(({ place, rank }) => [written[place] ?? "", rank]));
  const literals: string[] = [];
  for (const [literal, rank] of ranks) literals[rank - 1] ??= literal;
  const masks = Array.from(
    { length: 2 * literals.length + 1 },
    (_each, slot) => maskAt(slot, members, ranks, leaves),
  );
  const collated = type === "text" ? ` collate "C"` : "";
  const [first] = members;
  return {
    members,
    operand: `(${first?.comparison.operand})::${type}${collated}`,
    array: `(array[${literals.join(", ")}]::${type}[]${collated})`,
    ranks,
    literals,
    masks,
    nullMask: unconstrained(members, leaves),
    isExact: literals.some((_literal, index) => masks[2 * index + 1] !== masks[2 * index + 2]),
  };
}

function unconstrained(members: readonly GroupMember[], leaves: number): bigint {
  const compared = new Set(members.map(({ leaf }) => leaf));
  return bitsOf(
    Array.from({ length: leaves }, (_each, leaf) => leaf)
      .filter((leaf) => !compared.has(leaf)),
  );
}

function maskAt(
  slot: number,
  members: readonly GroupMember[],
  ranks: ReadonlyMap<string, number>,
  leaves: number,
): bigint {
  const failing = members.filter(({ comparison: { intervals, isNegated } }) =>
    intervals.some((interval) => contains(interval, slot, ranks)) === isNegated
  );
  return ((1n << BigInt(leaves)) - 1n) ^ bitsOf([...new Set(failing.map(({ leaf }) => leaf))]);
}

function bitsOf(leaves: readonly number[]): bigint {
  return leaves.reduce((bits, leaf) => bits | (1n << BigInt(leaf)), 0n);
}

function contains(
  { lower, upper }: Interval,
  slot: number,
  ranks: ReadonlyMap<string, number>,
): boolean {
  const slotOf = (literal: string) => 2 * (ranks.get(literal) ?? 0) - 1;
  const isAbove = lower === undefined || slot > slotOf(lower.literal) ||
    lower.isIncluded && slot === slotOf(lower.literal);
  const isBelow = upper === undefined || slot < slotOf(upper.literal) ||
    upper.isIncluded && slot === slotOf(upper.literal);
  return isAbove && isBelow;
}

/**
 * SQL that is true for every value that some leaf takes, where each leaf takes values of this
 * operand within bounds only: an index can serve it, and it is cheap for what lies outside. Pure.
 */
export function hullSql(group: LookupGroup, leaves: number): string | undefined {
  const [first] = group.members;
  // The literals are in the order of letters, not of the column's collation.
  if (first === undefined || first.comparison.type === "text") return undefined;
  const lowest = outermost(group, leaves, "lower");
  const highest = outermost(group, leaves, "upper");
  const { operand } = first.comparison;
  const sides = [
    ...(lowest === undefined ? [] : [`${operand} >= ${group.literals[lowest - 1]}`]),
    ...(highest === undefined ? [] : [`${operand} <= ${group.literals[highest - 1]}`]),
  ];
  return sides.length === 0 ? undefined : sides.join(" and ");
}

/** Rank of the bound beyond which no leaf takes a value; undefined where some leaf has no bound. */
function outermost(
  { members, ranks }: LookupGroup,
  leaves: number,
  side: "lower" | "upper",
): number | undefined {
  const outer = (values: number[]) => side === "lower" ? Math.min(...values) : Math.max(...values);
  const inner = (values: number[]) => side === "lower" ? Math.max(...values) : Math.min(...values);
  const byLeaf = new Map<number, number[]>();
  for (const { leaf, comparison: { intervals, isNegated } } of members) {
    const bounds = intervals.map((interval) => interval[side]);
    if (isNegated || bounds.includes(undefined)) continue;
    const reached = bounds.map((bound) => ranks.get(bound?.literal ?? "") ?? 0);
    byLeaf.set(leaf, [...byLeaf.get(leaf) ?? [], outer(reached)]);
  }
  if (byLeaf.size < leaves) return undefined;
  return outer([...byLeaf.values()].map(inner));
}
