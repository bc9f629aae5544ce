import type { Sql } from "postgres";

/** How old what a name last did is, by the database's clock. */
export interface Freshness {
  readonly name: string;
  /** Start of the last run that succeeded with all of its work: what it moved was as of then. Null when none ever did. */
  readonly lastSuccessAt: Date | null;
  /** Null when no run ever succeeded. */
  readonly ageMs: number | null;
}

/** The freshness of each name that ran at least once. One or two index look-ups a name. */
export async function findFreshness(sql: Sql, names: readonly string[]): Promise<Freshness[]> {
  if (names.length === 0) return [];
  const rows = await sql<Freshness[]>`
    select wanted.name, last.started_at as "lastSuccessAt",
           extract(epoch from now() - last.started_at)::float8 * 1000 as "ageMs"
    from json_array_elements_text(${JSON.stringify(names)}::text::json) as wanted (name)
    left join lateral (
      select started_at from perigee.runs
      where runs.name = wanted.name and state = 'succeeded' and not counts ? 'partial'
      order by run_id desc limit 1
    ) as last on true
    where exists (select from perigee.runs where runs.name = wanted.name)`;
  return [...rows];
}
