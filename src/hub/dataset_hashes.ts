import type { Dataset } from "../dataset/datasets.ts";
import { allRowsQuery, type RowQuery, windowCondition } from "./dataset_rows.ts";

/**
 * SQL that takes a dataset's fingerprint range by range, to be compared with a customer's table.
 * The row's text is made the same way there (`tableHashes`), and hashed as UTF-8 on both sides.
 */

/** Rows of a range: small enough to list both sides' keys in memory, large enough to be few. */
const rangeRows = 5_000;

/** Upper bounds of ranges of the first key column, as the column `bounds`: the text of an array. */
export function boundsQuery({ name, key, hubTable }: Dataset): string {
  const first = key[0]?.hubColumn;
  if (first === undefined) throw new Error(`${name} has no key`);
  return `select coalesce(array_agg(distinct b.bound order by b.bound), '{}')::text as bounds from (
  select ${first}::bigint as bound, row_number() over (order by ${first}) as position
  from perigee.${hubTable}
) as b where b.position % ${rangeRows} = 0`;
}

/** SQL of the number of the range that a key lies in, from the text of an array of bounds. */
export function rangeOf(key: string, bounds: string): string {
  return `width_bucket(${key}::bigint, '${requireBounds(bounds)}'::bigint[])`;
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

/** One row per range: `range`, `rows` and `hash`, of the dataset as an export would carry it. */
export function hubHashesQuery(
  query: RowQuery,
  aliases: readonly string[],
  bounds: string,
): string {
  return `select h.range, count(*)::text as rows, sum(h.hash)::text as hash
from (${hubRowHashes(query, aliases, bounds)}) as h group by h.range`;
}

/** One row per row of one range: `key` (JSON array as text) and `hash`. */
export function hubRangeQuery(
  query: RowQuery,
  aliases: readonly string[],
  bounds: string,
  range: number,
): string {
  return `select h.key, h.hash::text as hash from (${
    hubRowHashes(query, aliases, bounds)
  }) as h where h.range = ${range}`;
}

/** The keys of one range that were touched since `snapshot`, as the column `key`. */
export function touchedKeysQuery(
  { key, changesTable }: Dataset,
  snapshot: string,
  bounds: string,
  range: number,
): string {
  const columns = key.map(({ hubColumn }) => hubColumn);
  return `select distinct json_build_array(${columns.join(", ")})::text as key
from perigee.${changesTable} where ${windowCondition(snapshot)}
  and ${rangeOf(columns[0] ?? "", bounds)} = ${range}`;
}

function hubRowHashes(query: RowQuery, aliases: readonly string[], bounds: string): string {
  const { columns, key } = query.dataset;
  const keys = key.map((column) => `w.c${columns.indexOf(column) + 1}`);
  return `select json_build_array(${keys.join(", ")})::text as key,
  ${rangeOf(keys[0] ?? "", bounds)} as range, ${hashOf(aliases)} as hash
from (${allRowsQuery(query)}) as w`;
}

function requireBounds(bounds: string): string {
  if (/^\{[-\d,]*\}$/.test(bounds)) return bounds;
  throw new Error("bounds are not the text of an array of integers");
}
