import type { Dataset } from "../dataset/datasets.ts";
import {
  inSpan,
  type KeySpan,
  requireInteger,
  type RowQuery,
  spanRowsQuery,
  windowCondition,
} from "./dataset_rows.ts";

/**
 * SQL that takes a dataset's fingerprint range by range, to be compared with a customer's table.
 * The row's text is made the same way there, and hashed as UTF-8 on both sides.
 */

/** Rows of a range: small enough to list both sides' keys in memory, large enough to be few. */
export const rangeRows = 5_000;

/**
 * The first values of the keys at which ranges of `rangeRows` rows begin, ascending, as rows of
 * `bound` (text). A first value that more rows share than a range has begins one range.
 */
export function boundsQuery({ name, key, hubTable }: Dataset): string {
  const first = key[0]?.hubColumn;
  if (first === undefined) throw new Error(`${name} has no key`);
  return `select distinct b.bound::bigint as number, b.bound::text as bound from (
  select ${first} as bound, row_number() over (order by ${first}) as position
  from perigee.${hubTable}
) as b where b.position % ${rangeRows} = 0 order by number`;
}

/** SQL of the number of the range, counted from 0, that a key's first value lies in. */
export function rangeOf(key: string, bounds: readonly string[]): string {
  return `width_bucket(${key}::bigint, '{${bounds.map(requireInteger).join(",")}}'::bigint[])`;
}

/** SQL of a row's hash, as bigint, from SQL of its values. */
export function hashOf(values: readonly string[]): string {
  const text = `row(${values.join(", ")})::text`;
  return `('x' || substr(md5(convert_to(${text}, 'UTF8')), 1, 15))::bit(60)::bigint`;
}

/** SQL of a value as both sides write it: 1.5 and 1.50 are one number. */
export function comparable(value: string, type: string): string {
  return type === "numeric" ? `trim_scale(${value})` : value;
}

/** One part of the keys of a span, of which there are so many, chosen by hash. */
export interface KeyShare {
  readonly share: number;
  readonly of: number;
}

/** SQL of the condition that a key, a JSON array as text, belongs to a share. */
export function inShare(key: string, { share, of }: KeyShare): string {
  if (of === 1) return "true";
  const number = `('x' || substr(md5(convert_to(${key}, 'UTF8')), 1, 7))::bit(28)::integer`;
  return `${number} % ${of} = ${share}`;
}

/**
 * SQL of the rows of a span as an export would carry them: `key` (JSON array as text), `first` (the
 * key's first value) and `hash`, from SQL of the compared values.
 */
export function hubRowHashes(query: RowQuery, values: readonly string[], span: KeySpan): string {
  const { columns, key } = query.dataset;
  const keys = key.map((column) => `w.c${columns.indexOf(column) + 1}`);
  return `select json_build_array(${keys.join(", ")})::text as key, ${keys[0]} as first,
  ${hashOf(values)} as hash
from (${spanRowsQuery(query, (first) => inSpan(first, span))}) as w`;
}

/** The keys of a span that were touched since `snapshot`, as the column `key`. */
export function touchedKeysQuery(
  { key, changesTable }: Dataset,
  snapshot: string,
  span: KeySpan,
): string {
  const columns = key.map(({ hubColumn }) => hubColumn);
  return `select distinct json_build_array(${columns.join(", ")})::text as key
from perigee.${changesTable} where ${windowCondition(snapshot)} and ${
    inSpan(columns[0] ?? "", span)
  }`;
}
