import type { Sql } from "postgres";

/** How the runs of a name stand. */
export interface RunVerdict {
  readonly name: string;
  /**
   * `failing`: the newest run failed and is not tried again, or failed again; `unknown`: it failed
   * for the first time or is being tried again just now. Names whose runs are well are absent.
   */
  readonly state: "failing" | "unknown";
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
}

/**
 * Judges the runs of each name. A new tick that is at work says nothing yet, so the one before it
 * counts, as it does after a run of a part of an export that succeeded; a retry at work says that
 * nothing is known. A few index look-ups a name.
 */
export async function findRunTroubles(
  sql: Sql,
  names: readonly string[],
): Promise<RunVerdict[]> {
  if (names.length === 0) return [];
  const rows = await sql<RunVerdict[]>`
    select wanted.name, coalesce(shown.error_code, '') as code,
           coalesce(shown.error_message, '') as message, shown.error_advice as advice,
           case when retried.run_id is not null
             or newest.state = 'failed' and (newest.retry_at is null or newest.attempts > 1
               or exists (
                 select from perigee.runs earlier
                 where earlier.name = wanted.name and earlier.run_id < newest.run_id
                   and earlier.state = 'failed'
                   and earlier.run_id > coalesce((
                     select run_id from perigee.runs success
                     where success.name = wanted.name and success.state = 'succeeded'
                       and not success.counts ? 'partial'
                     order by run_id desc limit 1), 0)))
           then 'failing' else 'unknown' end as state
    from json_array_elements_text(${JSON.stringify(names)}::text::json) as wanted (name)
    cross join lateral (
      select run_id, state, attempts, retry_at, error_code, error_message, error_advice
      from perigee.runs
      where runs.name = wanted.name and not (state = 'running' and attempts = 1)
        and not (state = 'succeeded' and counts ? 'partial')
      order by run_id desc limit 1
    ) as newest
    left join lateral (
      select run_id, error_code, error_message, error_advice from perigee.runs
      where runs.name = wanted.name and retry_at is not null and attempts > 1 and state = 'failed'
      order by run_id desc limit 1
    ) as retried on true
    cross join lateral (
      select coalesce(retried.error_code, newest.error_code) as error_code,
             coalesce(retried.error_message, newest.error_message) as error_message,
             coalesce(retried.error_advice, newest.error_advice) as error_advice
    ) as shown
    where newest.state <> 'succeeded' or retried.run_id is not null`;
  return [...rows];
}

/** Sinks that an answer 410 disabled, with the reason. */
export async function findDisabledSinks(
  sql: Sql,
): Promise<{ readonly name: string; readonly reason: string | null }[]> {
  const rows = await sql<{ name: string; reason: string | null }[]>`
    select name, reason from perigee.sinks where state = 'disabled'`;
  return [...rows];
}
