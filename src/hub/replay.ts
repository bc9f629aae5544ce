import type { Sql } from "postgres";

/** Which deliveries to send once more. */
export interface ReplaySelection {
  readonly sink: string | undefined;
  readonly trigger: string | undefined;
  /** ISO text: only deliveries that ended at or after this moment. */
  readonly since: string | undefined;
  /** Also those that were delivered; else dead letters alone. */
  readonly includesDelivered: boolean;
}

/** How many deliveries of a sink a selection holds. */
export interface ReplayCount {
  readonly sink: string;
  readonly dead: number;
  readonly delivered: number;
}

/** The database's clock as ISO text, for bounds that must not move. */
export async function readNow(sql: Sql): Promise<string> {
  const [row] = await sql<{ now: string }[]>`
    select to_json(clock_timestamp() at time zone 'UTC') #>> '{}' || 'Z' as now`;
  if (row === undefined) throw new Error("a select without from has one row");
  return row.now;
}

/** Counts what a selection holds, by sink. Changes nothing. */
export async function countReplay(
  sql: Sql,
  selection: ReplaySelection,
  until: string,
): Promise<ReplayCount[]> {
  const rows = await sql<ReplayCount[]>`
    select sink, count(*) filter (where state = 'dead')::int as dead,
      count(*) filter (where state = 'delivered')::int as delivered
    from perigee.deliveries delivery
    where ${selected(sql, selection, until)}
    group by sink order by sink`;
  return [...rows];
}

/**
 * Makes up to `limit` deliveries of a selection pending again, with all their attempts before them,
 * and answers how many; call it until it answers 0. Only what ended before `until` is taken, so that
 * what fails again meanwhile is not taken again; two replays at once skip each other's rows.
 */
export async function replayBatch(
  sql: Sql,
  selection: ReplaySelection,
  until: string,
  limit: number,
): Promise<number> {
  const result = await sql`
    with chosen as materialized (
      select delivery.event_id, delivery.sink from perigee.deliveries delivery
      where ${selected(sql, selection, until)}
      order by delivery.event_id limit ${limit}
      for update skip locked
    )
    update perigee.deliveries
    set state = 'pending', due_at = now(), attempts = 0, finished_at = null, claimed_by = null,
        claim_no = claim_no + 1, is_alone = false
    where (event_id, sink) in (select event_id, sink from chosen)`;
  return result.count;
}

function selected(sql: Sql, selection: ReplaySelection, until: string) {
  const { sink, trigger, since, includesDelivered } = selection;
  return sql`
    delivery.state in ('dead', ${includesDelivered ? "delivered" : "dead"})
    and delivery.finished_at < ${until}
    ${sink === undefined ? sql`` : sql`and delivery.sink = ${sink}`}
    ${since === undefined ? sql`` : sql`and delivery.finished_at >= ${since}`}
    and exists (
      select from perigee.events event where event.event_id = delivery.event_id
        ${trigger === undefined ? sql`` : sql`and event.trigger_name = ${trigger}`})`;
}
