import type { Sql } from "postgres";

/** What deliveries of a sink that was removed have for their last error. */
export const sinkRemoved = "SINK_REMOVED";

/** Says that a daemon has these sinks in its configuration. Daemons that say so at once all win. */
export async function markSinksSeen(sql: Sql, names: readonly string[]): Promise<void> {
  await sql`
    insert into perigee.sinks (name)
    select distinct name from json_array_elements_text(${JSON.stringify(names)}::text::json)
      as given (name)
    order by name
    on conflict (name) do update set seen_at = now()`;
}

/**
 * Gives up to `limit` deliveries up whose sink was in no configuration for so long, and answers how
 * many; call it until it answers less. They become dead letters, so a replay sends them when the
 * sink is back. A sink that is noticed for the first time counts from now. Daemons that do it at
 * once skip each other's rows. What is locked is chosen first and once: as part of a join Postgres
 * may ask for it again and again, and get other rows each time.
 */
export async function giveUpRemovedSinks(
  sql: Sql,
  absentMs: number,
  limit: number,
): Promise<number> {
  await sql`
    insert into perigee.sinks (name)
    select sink from (${sinksWith(sql, "pending")}) waiting where sink is not null
    on conflict (name) do nothing`;
  const result = await sql`
    with chosen as materialized (
      select delivery.event_id, delivery.sink
      from perigee.sinks sink
      cross join lateral (
        select event_id, sink from perigee.deliveries
        where deliveries.sink = sink.name and state = 'pending'
        order by due_at limit ${limit}
        for update skip locked
      ) delivery
      where sink.seen_at < now() - ${absentMs} * interval '1 millisecond'
      limit ${limit}
    )
    update perigee.deliveries
    set state = 'dead', finished_at = now(), claimed_by = null, last_error = ${sinkRemoved}
    where (event_id, sink) in (select event_id, sink from chosen) and state = 'pending'`;
  return result.count;
}

/**
 * A query of the sinks that have deliveries in a state, in the column `sink`, which may be null. It
 * steps from name to name along an index, however many deliveries wait.
 */
export function sinksWith(sql: Sql, state: "pending" | "dead") {
  const isState = sql.unsafe(`state = '${state}'`);
  return sql`
    with recursive named as (
      (select sink from perigee.deliveries where ${isState} order by sink limit 1)
      union all
      select (
        select sink from perigee.deliveries where ${isState} and sink > named.sink
        order by sink limit 1)
      from named where named.sink is not null
    )
    select sink from named`;
}
