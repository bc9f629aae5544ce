import type { Sql } from "postgres";

/**
 * Deletes events older than so many milliseconds that nothing waits to deliver, at most `limit`, and
 * answers how many; call it until it answers less. Daemons that do it at once skip each other's rows.
 */
export async function pruneOldEvents(
  sql: Sql,
  olderThanMs: number,
  limit: number,
): Promise<number> {
  const result = await sql`
    with chosen as materialized (
      select event_id from perigee.events event
      where occured < now() - ${olderThanMs} * interval '1 millisecond'
        and not exists (
          select from perigee.deliveries delivery
          where delivery.event_id = event.event_id and delivery.state = 'pending')
      limit ${limit}
      for update skip locked
    )
    delete from perigee.events where event_id in (select event_id from chosen)`;
  return result.count;
}

/** Deletes up to `limit` finished ticks of triggers that ended so long ago; answers how many. */
export async function pruneFinishedTicks(
  sql: Sql,
  olderThanMs: number,
  limit: number,
): Promise<number> {
  const result = await sql`
    with chosen as materialized (
      select trigger_name, scheduled_at from perigee.trigger_ticks
      where finished_at < now() - ${olderThanMs} * interval '1 millisecond'
      limit ${limit}
      for update skip locked
    )
    delete from perigee.trigger_ticks where (trigger_name, scheduled_at) in (
      select trigger_name, scheduled_at from chosen)`;
  return result.count;
}
