/** An end of an interval: SQL for a value, with its type in it. */
export interface Bound {
  readonly literal: string;
  readonly isIncluded: boolean;
}

/** Values from `lower` to `upper`; an end that is undefined is open. */
export interface Interval {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
}

/** A condition that asks where a value lies among others of an ordered type. */
export interface Comparison {
  /** SQL for the value; null meets no comparison. */
  readonly operand: string;
  /** Type in which operand and literals are compared; `text` only to the letter. */
  readonly type: ComparedType;
  /** The value lies in one of these, or, where negated, in none. Never empty. */
  readonly intervals: readonly Interval[];
  readonly isNegated: boolean;
}

/** Integers are `bigint` as long as all literals are such, else `numeric`. */
export type ComparedType =
  | ("bigint" | "numeric" | "float8" | "text" | "boolean")
  | ("date" | "timestamp" | "timestamptz");

/** The interval of one value. Pure. */
export function exactly(literal: string): Interval {
  const bound = { literal, isIncluded: true };
  return { lower: bound, upper: bound };
}

/** The interval that `value <sign> literal` describes. Pure. */
export function beyond(sign: "<" | "<=" | ">" | ">=", literal: string): Interval {
  const bound = { literal, isIncluded: sign.length === 2 };
  return sign.startsWith("<")
    ? { lower: undefined, upper: bound }
    : { lower: bound, upper: undefined };
}

/** SQL for the comparison: true, false, or null for a null. An index on the operand serves. Pure. */
export function comparisonSql({ operand, intervals, isNegated }: Comparison): string {
  if (intervals.every(isSingle)) {
    const literals = intervals.map(({ lower }) => lower?.literal ?? "null");
    if (literals.length === 1) return `${operand} ${isNegated ? "<>" : "="} ${literals[0]}`;
    return `${operand} ${isNegated ? "not in" : "in"} (${literals.join(", ")})`;
  }
  const parts = intervals.map((interval) => intervalSql(operand, interval));
  const any = parts.length === 1 ? parts[0] ?? "" : `(${parts.join(" or ")})`;
  return isNegated ? `not (${any})` : any;
}

function isSingle({ lower, upper }: Interval): boolean {
  return lower !== undefined && lower === upper;
}

function intervalSql(operand: string, interval: Interval): string {
  const { lower, upper } = interval;
  if (isSingle(interval)) return `${operand} = ${lower?.literal}`;
  const sides = [
    ...(lower === undefined
      ? []
      : [`${operand} ${lower.isIncluded ? ">=" : ">"} ${lower.literal}`]),
    ...(upper === undefined
      ? []
      : [`${operand} ${upper.isIncluded ? "<=" : "<"} ${upper.literal}`]),
  ];
  return sides.length === 1 ? sides[0] ?? "" : `(${sides.join(" and ")})`;
}
