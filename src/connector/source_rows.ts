import type { Sql, TransactionSql } from "postgres";
import type { SourceConfig } from "../config/model.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import { memberSql, tooLongSql, type ValueColumn, valueSql } from "./row_value.ts";

/** A source as it was found in the customer's database; `loadSourceShape` makes it. */
export interface SourceShape {
  readonly source: SourceConfig;
  /** Columns that reach templates and events, in the order in which they are written. */
  readonly columns: readonly ValueColumn[];
  /** The primary key's columns; empty for views and tables without one. */
  readonly primaryKey: readonly string[];
  /** SQL condition under which a row belongs to a contact, from the row's alias and the key's SQL. */
  matches(rowAlias: string, keySql: string): string;
}

/** The rows of one contact. */
export interface SourceRows {
  /** A JSON array of objects, `[]` when there is no row, in the documented shape and order. */
  readonly json: string;
  /** Rows that the contact has; `kept` of them are in `json`. */
  readonly found: number;
  readonly kept: number;
  /** Values that were longer than the source's `maxValueBytes` and became null. */
  readonly tooLong: number;
}

/**
 * The one place that turns rows into JSON. The statement answers, for each contact of `wanted` that
 * has rows: `id bigint, rows text, found int4, kept int4, too_long int4`. `wanted` is a FROM item
 * with the columns `id` (bigint) and `key` (normalised key text), under any expression:
 * `unnest($1::bigint[], $2::text[])`. Rows are ordered by `orderBy`, nulls last, then by the
 * primary key; without one by the row's text, so that the order is always a defined one. The JSON is
 * made by the customer's Postgres and has no white space between its parts.
 */
export function sourceRowsSql(shape: SourceShape, wanted: string): string {
  const { source, columns } = shape;
  const picked = columns.map((column, index) => `r.${quoteIdentifier(column.name)} as c${index}`);
  const written = columns.map((column, index) =>
    `${memberSql(column.name)} || ${valueSql(column, `c${index}`, source)}`
  );
  const tooLong = columns.map((column, index) => tooLongSql(column, `c${index}`, source))
    .filter((term) => term !== undefined);
  return `
    select id, '[' || coalesce(string_agg(row_text, ',' order by place) filter (where is_kept), '')
        || ']' as rows,
      max(found)::int4 as found, (count(*) filter (where is_kept))::int4 as kept,
      coalesce(sum(too_long) filter (where is_kept), 0)::int4 as too_long
    from (
      select id, place, found, row_text, too_long,
        sum(octet_length(row_text)) over (partition by id order by place) <= ${source.maxContactBytes}
          as is_kept
      from (
        select id, place, found, '{' || ${written.join(" || ',' || ")} || '}' as row_text,
          ${tooLong.length === 0 ? "0" : tooLong.join(" + ")} as too_long
        from (
          select wanted.id, ${picked.join(", ")},
            row_number() over (partition by wanted.id order by ${orderSql(shape)}) as place,
            count(*) over (partition by wanted.id) as found
          from ${wanted} as wanted (id, key)
          join ${quoteQualified(source.schema, source.table)} as r
            on ${shape.matches("r", "wanted.key")}
        ) numbered
        where place <= ${source.limit}
      ) written
    ) bounded
    group by id`;
}

/** One key has a statement of its own: a plan for many reads small and middling tables wholly. */
const wantedOne = "(select 1::bigint, $1::text)";
const wantedMany = `(select place, key
  from json_array_elements_text($1::text::json) with ordinality as k (key, place))`;

/**
 * The rows of each of `keys` (normalised as the connector's key is), in the order of `keys`; for one
 * contact or a batch of messages. A trigger's thousands go by COPY instead. Errors are the driver's.
 */
export async function fetchSourceRows(
  sql: Sql | TransactionSql,
  shape: SourceShape,
  keys: readonly string[],
): Promise<SourceRows[]> {
  const [only] = keys;
  const isOne = keys.length === 1 && only !== undefined;
  const rows = await sql.unsafe<(FoundRows & { place: string })[]>(
    `select id::text as place, rows, found, kept, too_long as "tooLong"
     from (${sourceRowsSql(shape, isOne ? wantedOne : wantedMany)}) fetched`,
    [isOne ? only : JSON.stringify(keys)],
    { prepare: true },
  );
  const byPlace = new Map(rows.map(({ place, ...row }) => [Number(place), row]));
  return keys.map((_key, index) => {
    const row = byPlace.get(index + 1);
    if (row === undefined) return { json: "[]", found: 0, kept: 0, tooLong: 0 };
    return { json: row.rows, found: row.found, kept: row.kept, tooLong: row.tooLong };
  });
}

interface FoundRows {
  readonly rows: string;
  readonly found: number;
  readonly kept: number;
  readonly tooLong: number;
}

function orderSql({ source, primaryKey }: SourceShape): string {
  const chosen = source.orderBy.map(({ column, isDescending }) =>
    `r.${quoteIdentifier(column)}${isDescending ? " desc" : ""} nulls last`
  );
  const named = new Set(source.orderBy.map(({ column }) => column));
  const rest = primaryKey.filter((column) => !named.has(column))
    .map((column) => `r.${quoteIdentifier(column)}`);
  if (primaryKey.length === 0) rest.push(`r::text collate "C"`);
  return [...chosen, ...rest].join(", ") || "1";
}
