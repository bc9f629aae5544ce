import type { Sql } from "postgres";

/** Rows that the runs of a name moved within one hour. */
export interface MovedRows {
  readonly name: string;
  /** 0 is the last sixty minutes, 23 the first of the last 24 hours. */
  readonly hoursAgo: number;
  readonly rows: number;
}

/** Counts of runs that say how many rows were changed somewhere; what was only read is none of them. */
const movedCounts = [
  "inserted",
  "updated",
  "removed",
  "written",
  "deleted",
  "entered",
  "left",
  "events",
];

/**
 * Rows moved in the last 24 hours by name and hour; hours without any are absent. Reads every run
 * of that time by an index, so ask for it seldom.
 */
export async function findMovedRows(sql: Sql, names: readonly string[]): Promise<MovedRows[]> {
  const rows = await sql<MovedRows[]>`
    select run.name, moved.rows,
      floor(extract(epoch from now() - run."finishedAt") / 3600)::int as "hoursAgo"
    from (
      select name, max(finished_at) as "finishedAt", jsonb_agg(counts) as counts
      from perigee.runs
      where finished_at > now() - interval '24 hours' and counts <> '{}'
        and name in (select json_array_elements_text(${JSON.stringify(names)}::text::json))
      group by name, floor(extract(epoch from now() - finished_at) / 3600)
    ) as run
    cross join lateral (
      select sum(count.value::numeric)::float8 as rows
      from jsonb_array_elements(run.counts) as each (counts)
      cross join lateral jsonb_each_text(each.counts) as count
      where count.key in (select json_array_elements_text(${
    JSON.stringify(movedCounts)
  }::text::json))
    ) as moved
    where moved.rows > 0`;
  return [...rows];
}

/** A run that failed and was not made good since. */
export interface RecentFailure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
  readonly finishedAt: Date;
}

/** The newest runs of these names that failed, of any daemon: one a name and code of the last week. */
export async function findRecentFailures(
  sql: Sql,
  names: readonly string[],
  limit: number,
): Promise<RecentFailure[]> {
  const rows = await sql<RecentFailure[]>`
    select name, code, message, advice, "finishedAt" from (
      select distinct on (name, error_code) name, error_code as code,
        coalesce(error_message, '') as message, error_advice as advice,
        finished_at as "finishedAt"
      from perigee.runs
      where finished_at > now() - interval '7 days' and state = 'failed' and error_code is not null
        and name in (select json_array_elements_text(${JSON.stringify(names)}::text::json))
      order by name, error_code, finished_at desc
    ) as failure
    order by "finishedAt" desc limit ${limit}`;
  return [...rows];
}
