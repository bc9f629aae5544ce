import type { Dataset, DatasetColumn } from "../dataset/datasets.ts";

/**
 * SQL that reads a dataset of the hub the way exports carry it: columns `c1`, `c2` … in the
 * dataset's order, `cut` (how many of the row's values are cut) and `is_gone`; timestamps without
 * zone in UTC, long texts cut where a limit is given. Pure text for COPY, which takes no parameters.
 */
export interface RowQuery {
  readonly dataset: Dataset;
  /** Most characters of a text column, by hub column; a column that is absent is not cut. */
  readonly limits: ReadonlyMap<string, number>;
}

/** At most so many parameters of an event are exported (the page on the dataset `events`). */
const maxParams = 50;
/** At most so many characters of each value of theirs. */
const maxParamCharacters = 300;

/** All rows: in the order of their keys, which is the order in which tables are written, or in none. */
export function allRowsQuery(query: RowQuery, order: "by key" | "as they lie" = "by key"): string {
  const ordered = order === "by key" ? ` order by ${keyList(query.dataset, "t")}` : "";
  return `select ${selectList(query)}, ${cutCount(query)} as cut, false as is_gone
from perigee.${query.dataset.hubTable} as t${ordered}`;
}

/** The rows whose first key value, which `condition` gets as SQL, fulfils it; in no order. */
export function spanRowsQuery(query: RowQuery, condition: (first: string) => string): string {
  return `${allRowsQuery(query, "as they lie")}
where ${condition(`t.${query.dataset.key[0]?.hubColumn}`)}`;
}

/** What of the change log is read: the rows after a snapshot, of which there are at most so many. */
export interface Window {
  readonly snapshot: string;
  readonly atMost: number;
}

/** Keys whose first value is at least `from` and below `to`; without a limit where undefined. */
export interface KeySpan {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** SQL of the condition that a key's first value lies in a span. */
export function inSpan(key: string, { from, to }: KeySpan): string {
  const conditions = [
    ...from === undefined ? [] : [`${key} >= ${requireInteger(from)}`],
    ...to === undefined ? [] : [`${key} < ${requireInteger(to)}`],
  ];
  return conditions.length === 0 ? "true" : conditions.join(" and ");
}

/** A checked integer as SQL. */
export function requireInteger(text: string): string {
  if (/^-?\d+$/.test(text)) return text;
  throw new Error("a bound of a key range is not an integer");
}

/**
 * The rows that were touched in the window, ordered by key. A key that was touched and has no row
 * any more comes with `is_gone` and its key alone.
 */
export function windowRowsQuery(query: RowQuery, window: Window): string {
  const [first] = query.dataset.key;
  return `select ${selectList(query, "k")}, ${cutCount(query)} as cut,
  t.${first?.hubColumn} is null as is_gone
${touchedRows(query.dataset, window)} order by ${keyList(query.dataset, "k")}`;
}

/** How many rows there are, as the column `count`. */
export function countRowsQuery(dataset: Dataset): string {
  return `select count(*)::text as count from perigee.${dataset.hubTable}`;
}

/**
 * About how many rows there are, for those who watch: the planner's guess from the size of the file,
 * as JSON in the column `QUERY PLAN`. Reads none of them.
 */
export function estimateRowsQuery(dataset: Dataset): string {
  return `explain (format json) select from perigee.${dataset.hubTable}`;
}

/** How many log rows the window after `snapshot` has, as the column `count`. */
export function countTouchedQuery({ changesTable }: Dataset, snapshot: string): string {
  return `select count(*)::text as count from perigee.${changesTable} where ${
    windowCondition(snapshot)
  }`;
}

/** How many values `allRowsQuery` cuts, as the column `truncated`. */
export function truncatedInAllQuery(query: RowQuery): string {
  return `select ${truncatedCount(query)} as truncated from perigee.${query.dataset.hubTable} as t`;
}

/** How many values `windowRowsQuery` cuts, as the column `truncated`. */
export function truncatedInWindowQuery(query: RowQuery, window: Window): string {
  return `select ${truncatedCount(query)} as truncated ${touchedRows(query.dataset, window)}`;
}

/**
 * Rows of one of the queries above as JSON made by the hub, which JavaScript hands on unread:
 * columns `key` (the key's values, as a JSON array) and `row` (an object by column alias).
 */
export function jsonRowsQuery(query: RowQuery, rows: string): string {
  const key = query.dataset.key.map((column) => `w.${alias(query.dataset, column)}`).join(", ");
  return `select json_build_array(${key})::text as key, row_to_json(w)::text as row from (${rows}) as w`;
}

/**
 * What of the change log belongs to the window after `snapshot`: written by transactions that it
 * did not show. The comparison with its xmin is what the index serves; the functions are immutable,
 * so literals are planned with statistics.
 */
export function windowCondition(snapshot: string): string {
  const literal = requireSnapshot(snapshot);
  return `xid >= '${literal.slice(0, literal.indexOf(":"))}'::xid8
    and not pg_visible_in_snapshot(xid, '${literal}'::pg_snapshot)`;
}

/** The text of a `pg_snapshot`, checked, because COPY takes it only as a literal. */
export function requireSnapshot(snapshot: string): string {
  if (/^\d+:\d+:[\d,]*$/.test(snapshot)) return snapshot;
  throw new Error("a cursor's snapshot is not the text of a pg_snapshot");
}

/**
 * The first log rows of the window, in the order of the log's index. The order and the limit are for
 * the planner: a log that was not analysed since it grew is taken for a third of itself otherwise,
 * and read from end to end, together with the dataset.
 */
export function touchedKeys(dataset: Dataset, { snapshot, atMost }: Window): string {
  const key = dataset.key.map(({ hubColumn }) => hubColumn);
  return `select ${key.join(", ")} from perigee.${dataset.changesTable}
    where ${windowCondition(snapshot)} order by xid limit ${atMost}`;
}

function touchedRows(dataset: Dataset, window: Window): string {
  const key = dataset.key.map(({ hubColumn }) => hubColumn).join(", ");
  return `from (
  select distinct ${key} from (${touchedKeys(dataset, window)}) as l order by ${key}
) as k left join perigee.${dataset.hubTable} as t using (${key})`;
}

function selectList(query: RowQuery, keyOf = "t"): string {
  return query.dataset.columns.map((column) => {
    const table = query.dataset.key.includes(column) ? keyOf : "t";
    return `${valueOf(column, table, query.limits)} as ${alias(query.dataset, column)}`;
  }).join(", ");
}

function valueOf(
  column: DatasetColumn,
  table: string,
  limits: ReadonlyMap<string, number>,
): string {
  const value = `${table}.${column.hubColumn}`;
  const limit = limits.get(column.hubColumn);
  if (column.hubType === "timestamptz") return `${value} at time zone 'UTC'`;
  if (column.hubColumn === "params_json") return shortParams(value);
  return limit === undefined ? value : `${value}::varchar(${limit})::text`;
}

/** The first 50 parameters; a value whose text is longer than 300 characters becomes its first 300. */
function shortParams(value: string): string {
  return `case when octet_length(${value}::text) <= ${maxParamCharacters}
    and jsonb_array_length(${value}) <= ${maxParams} then ${value}
  else (
    select coalesce(jsonb_agg(
      case when jsonb_typeof(p.param) = 'object' and length(p.param ->> 'value') > ${maxParamCharacters}
        then jsonb_set(p.param, '{value}', to_jsonb(left(p.param ->> 'value', ${maxParamCharacters})))
        else p.param end order by p.position), '[]')
    from jsonb_array_elements(${value}) with ordinality as p (param, position)
    where p.position <= ${maxParams}
  ) end`;
}

/** Whether `shortParams` takes something away. */
function hasLongParams(value: string): string {
  return `(jsonb_array_length(${value}) > ${maxParams} or octet_length(${value}::text) > ${maxParamCharacters}
    and exists (select from jsonb_array_elements(${value}) as p (param)
      where jsonb_typeof(p.param) = 'object' and length(p.param ->> 'value') > ${maxParamCharacters}))`;
}

function cutCount(query: RowQuery): string {
  const cuts = cutValues(query).map((isCut) => `case when ${isCut} then 1 else 0 end`);
  return cuts.length === 0 ? "0" : cuts.join(" + ");
}

function truncatedCount(query: RowQuery): string {
  const counts = cutValues(query).map((isCut) => `count(*) filter (where ${isCut})`);
  return counts.length === 0 ? "0" : counts.join(" + ");
}

/**
 * For each value that may be cut, whether it is. Bytes are compared first: a text of no more bytes
 * than characters allowed needs no counting.
 */
function cutValues({ dataset, limits }: RowQuery): string[] {
  return dataset.columns.flatMap(({ hubColumn }) => {
    if (hubColumn === "params_json") return [hasLongParams(`t.${hubColumn}`)];
    const limit = limits.get(hubColumn);
    if (limit === undefined) return [];
    return [`octet_length(t.${hubColumn}) > ${limit} and char_length(t.${hubColumn}) > ${limit}`];
  });
}

function keyList(dataset: Dataset, table: string): string {
  return dataset.key.map(({ hubColumn }) => `${table}.${hubColumn}`).join(", ");
}

function alias(dataset: Dataset, column: DatasetColumn): string {
  return `c${dataset.columns.indexOf(column) + 1}`;
}
