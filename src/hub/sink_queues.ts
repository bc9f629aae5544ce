import type { Sql } from "postgres";
import type { SinkState } from "./sinks.ts";

/** What waits for a sink, and how the sink stands. */
export interface SinkQueue {
  readonly name: string;
  readonly state: SinkState;
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
 * The queue of each sink, by name. Counts the rows that wait, so it takes as long as they are many;
 * it locks nothing.
 */
export async function readSinkQueues(sql: Sql, names: readonly string[]): Promise<SinkQueue[]> {
  if (names.length === 0) return [];
  const rows = await sql<SinkQueue[]>`
    select wanted.name, coalesce(sink.state, 'active') as state, sink.reason,
           waiting.pending, waiting.failing, waiting."oldestMs", given_up.dead
    from json_array_elements_text(${JSON.stringify(names)}::text::json) as wanted (name)
    left join perigee.sinks sink on sink.name = wanted.name
    cross join lateral (
      select count(*)::float8 as pending, count(*) filter (where attempts > 0)::float8 as failing,
             extract(epoch from now() - min(created_at))::float8 * 1000 as "oldestMs"
      from perigee.deliveries where deliveries.sink = wanted.name and state = 'pending'
    ) as waiting
    cross join lateral (
      select count(*)::float8 as dead
      from perigee.deliveries where deliveries.sink = wanted.name and state = 'dead'
    ) as given_up`;
  return [...rows];
}
