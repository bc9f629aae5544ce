import type { Sql } from "postgres";

/** Whether a sink may send. `disabled` is what an answer 410 made of it. */
export type SinkState = "active" | "paused" | "disabled";

/** How a sink stands, with the reason when it is held. */
export interface SinkStatus {
  readonly state: SinkState;
  readonly reason: string | undefined;
}

/** The channel on which the hub says that there is something to deliver, or how a sink stands. */
export const deliveriesChannel = "perigee_deliveries";

/** How the sink stands; active when nobody ever held it. */
export async function readSinkStatus(sql: Sql, name: string): Promise<SinkStatus> {
  const [row] = await sql<{ state: SinkState; reason: string | null }[]>`
    select state, reason from perigee.sinks where name = ${name}`;
  return { state: row?.state ?? "active", reason: row?.reason ?? undefined };
}

/**
 * Sets how a sink stands, for all daemons and over restarts, and wakes the daemons. Answers whether
 * that changed anything: of two daemons that disable a sink one is told so. A disabled sink cannot
 * be paused, so that its reason stays; `active` ends both.
 */
export async function setSinkState(
  sql: Sql,
  name: string,
  state: SinkState,
  reason: string | undefined,
): Promise<boolean> {
  const rows = await sql`
    with changed as (
      insert into perigee.sinks as sink (name, state, reason)
      values (${name}, ${state}, ${reason ?? null})
      on conflict (name) do update
        set state = excluded.state, reason = excluded.reason, changed_at = now()
        where sink.state <> excluded.state
          and not (sink.state = 'disabled' and excluded.state = 'paused')
      returning 1
    )
    select pg_notify(${deliveriesChannel}, '') from changed`;
  return rows.length === 1;
}
