import type { Sql } from "postgres";
import { sinksWith } from "./removed_sinks.ts";
import type { SinkState } from "./sinks.ts";

/** What waits for a sink, and how the sink stands. */
export interface SinkQueue {
  readonly name: string;
  /** `removed`: it is in no configuration that this daemon knows, and deliveries are left of it. */
  readonly state: SinkState | "removed";
  readonly reason: string | null;
  /** Events that are to be delivered, those that are tried again among them. */
  readonly pending: number;
  /** Pending events of which at least one attempt failed. */
  readonly failing: number;
  /** Events that were given up and wait for a replay. */
  readonly dead: number;
  /** Age of the oldest pending event in the queue, ms; null where none waits. */
  readonly oldestMs: number | null;
}

/**
 * The queue of each named sink, and behind them those of other sinks that have deliveries left.
 * Counts the rows that wait, so it takes as long as they are many; it locks nothing.
 */
export async function readSinkQueues(sql: Sql, names: readonly string[]): Promise<SinkQueue[]> {
  const rows = await sql<SinkQueue[]>`
    with wanted as (
      select name, place, true as is_configured
      from json_array_elements_text(${JSON.stringify(names)}::text::json)
        with ordinality as given (name, place)
    ), known as (
      select name, place, is_configured from wanted
      union all
      select sink, 9999999, false
      from (
        select sink from (${sinksWith(sql, "pending")}) waiting
        union select sink from (${sinksWith(sql, "dead")}) given_up
      ) found
      where sink is not null and sink not in (select name from wanted)
    )
    select wanted.name,
           case when is_configured then coalesce(sink.state, 'active') else 'removed' end as state,
           case when is_configured then sink.reason else 'it is not configured' end as reason,
           waiting.pending, waiting.failing, waiting."oldestMs", given_up.dead
    from known as wanted
    left join perigee.sinks sink on sink.name = wanted.name
    cross join lateral (
      select count(*)::float8 as pending, count(*) filter (where attempts > 0)::float8 as failing,
             extract(epoch from now() - min(created_at))::float8 * 1000 as "oldestMs"
      from perigee.deliveries where deliveries.sink = wanted.name and state = 'pending'
    ) as waiting
    cross join lateral (
      select count(*)::float8 as dead
      from perigee.deliveries where deliveries.sink = wanted.name and state = 'dead'
    ) as given_up
    order by wanted.place, wanted.name`;
  return [...rows];
}
