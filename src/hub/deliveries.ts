import type { Sql } from "postgres";

/** A delivery that was claimed, with the event that it is about. */
export interface ClaimedDelivery {
  readonly eventId: string;
  /** Proof of the claim: only the latest one may say how the delivery ended. */
  readonly claimNo: number;
  /** Attempts that failed before. */
  readonly attempts: number;
  /** Deliveries of one contact are sent in order; null has no order. */
  readonly contactId: string | null;
  readonly isAlone: boolean;
  /** Null when the event was deleted meanwhile. */
  readonly eventTypeKey: string | null;
  readonly keyValue: string | null;
  /** ISO 8601 in UTC. */
  readonly occured: string | null;
  /** JSON text of the event's parameters. */
  readonly params: string | null;
}

/** Who claims what. */
export interface ClaimRequest {
  readonly sink: string;
  /** Identifies one queue in one process; its own claims do not block a contact's next events. */
  readonly claimant: string;
  readonly limit: number;
  /** After this time the claim is void and anyone may claim the delivery again, ms. */
  readonly leaseMs: number;
}

/**
 * Claims deliveries of a sink that are due, oldest first; none while the sink is held.
 *
 * Rows are locked with SKIP LOCKED and move out of sight by their `due_at`, so of any number of
 * daemons one gets each. A delivery whose contact has an earlier one pending is taken only together
 * with it or behind one that the same claimant holds (which keeps their order in memory); else it is
 * put off: until the earlier one is due, or for a moment when that is on its way. Being put off
 * costs one write and keeps the cost of a claim independent of how many wait.
 */
export async function claimDeliveries(sql: Sql, claim: ClaimRequest): Promise<ClaimedDelivery[]> {
  const { sink, claimant, limit, leaseMs } = claim;
  const rows = await sql<ClaimedDelivery[]>`
    with picked as materialized (
      select event_id, contact_id from perigee.deliveries
      where sink = ${sink} and state = 'pending' and due_at <= now()
        and not exists (select from perigee.sinks where name = ${sink} and state <> 'active')
      order by due_at, event_id
      limit ${limit}
      for update skip locked
    ), blocked as materialized (
      select picked.event_id,
        max(case when earlier.claimed_by is null then earlier.due_at end) as until
      from picked
      join perigee.deliveries earlier
        on earlier.contact_id = picked.contact_id and earlier.sink = ${sink}
          and earlier.state = 'pending' and earlier.event_id < picked.event_id
      where not (earlier.claimed_by is not distinct from ${claimant} and earlier.due_at > now())
        and not exists (select from picked other where other.event_id = earlier.event_id)
      group by picked.event_id
    ), moved as (
      update perigee.deliveries delivery
      set due_at = case when blocked.event_id is null
            then now() + ${leaseMs} * interval '1 millisecond'
            else greatest(blocked.until, now() + interval '500 milliseconds') end,
          claimed_by = case when blocked.event_id is null then ${claimant}::uuid end,
          claim_no = delivery.claim_no + 1
      from picked left join blocked on blocked.event_id = picked.event_id
      where delivery.sink = ${sink} and delivery.event_id = picked.event_id
      returning delivery.event_id, delivery.claim_no, delivery.attempts, delivery.contact_id,
        delivery.is_alone, blocked.event_id is null as is_claimed
    )
    select moved.event_id::text as "eventId", moved.claim_no as "claimNo", moved.attempts,
      moved.contact_id::text as "contactId", moved.is_alone as "isAlone",
      event.event_type_key as "eventTypeKey", event.key_value as "keyValue",
      to_char(event.occured at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as occured,
      event.params_json::text as params
    from moved left join perigee.events event on event.event_id = moved.event_id
    where moved.is_claimed
    order by moved.event_id`;
  return rows;
}

/** A claimed delivery that was answered with 2xx. */
export interface Delivered {
  readonly eventId: string;
  readonly claimNo: number;
  readonly status: number;
}

/**
 * Records deliveries as delivered, and makes their contacts' next ones due that were put off. A
 * claim that is no longer the latest changes nothing.
 */
export async function recordDelivered(
  sql: Sql,
  sink: string,
  delivered: readonly Delivered[],
): Promise<void> {
  const column = (pick: (each: Delivered) => string | number) => `{${delivered.map(pick).join()}}`;
  await sql`
    with done as (
      update perigee.deliveries delivery
      set state = 'delivered', finished_at = now(), attempts = attempts + 1, claimed_by = null,
          last_status = given.status, last_error = null, last_answer = null
      from unnest(
        ${column((each) => each.eventId)}::text::bigint[],
        ${column((each) => each.claimNo)}::text::int[],
        ${column((each) => each.status)}::text::int[]) as given (event_id, claim_no, status)
      where delivery.sink = ${sink} and delivery.event_id = given.event_id
        and delivery.claim_no = given.claim_no and delivery.state = 'pending'
      returning delivery.event_id, delivery.contact_id
    )
    update perigee.deliveries next set due_at = now()
    from done
    where next.contact_id = done.contact_id and next.sink = ${sink} and next.state = 'pending'
      and next.event_id > done.event_id and next.claimed_by is null and next.due_at > now()
      and next.attempts = 0`;
}

/** A claimed delivery that did not get through. */
export interface Undelivered {
  readonly eventId: string;
  readonly claimNo: number;
  readonly state: "pending" | "dead";
  /** Whether an attempt was made that counts. */
  readonly isAttempt: boolean;
  /** Pending: when to try again. */
  readonly delayMs: number;
  readonly isAlone: boolean;
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** The beginning of the answer's body. */
  readonly answer: string | undefined;
}

/**
 * Records deliveries as given up, to be tried again, or given back untried; those that are given up
 * make their contacts' next ones due. A claim that is no longer the latest changes nothing.
 */
export async function recordUndelivered(
  sql: Sql,
  sink: string,
  undelivered: readonly Undelivered[],
): Promise<void> {
  await sql`
    with given as materialized (
      select "eventId", "claimNo", state, "isAttempt", "delayMs", "isAlone", status, error, answer
      from json_to_recordset(${JSON.stringify(undelivered)}::text::json) as each (
        "eventId" bigint, "claimNo" int, state text, "isAttempt" boolean, "delayMs" float8,
        "isAlone" boolean, status int, error text, answer text)
    ), done as (
      update perigee.deliveries delivery
      set state = given.state,
          finished_at = case when given.state = 'dead' then now() end,
          due_at = now() + given."delayMs" * interval '1 millisecond',
          attempts = delivery.attempts + given."isAttempt"::int,
          claimed_by = null,
          is_alone = delivery.is_alone or given."isAlone",
          last_status = case when given.state = 'dead' or given."isAttempt"
            then given.status else last_status end,
          last_error = case when given.state = 'dead' or given."isAttempt"
            then given.error else last_error end,
          last_answer = case when given.state = 'dead' or given."isAttempt"
            then given.answer else last_answer end
      from given
      where delivery.sink = ${sink} and delivery.event_id = given."eventId"
        and delivery.claim_no = given."claimNo" and delivery.state = 'pending'
      returning delivery.event_id, delivery.contact_id, delivery.state
    )
    update perigee.deliveries next set due_at = now()
    from done
    where done.state = 'dead' and next.contact_id = done.contact_id and next.sink = ${sink}
      and next.state = 'pending' and next.event_id > done.event_id and next.claimed_by is null
      and next.due_at > now() and next.attempts = 0
      and not exists (select from given where given."eventId" = next.event_id)`;
}

/** Constant of the lock under which one daemon at a time notifies; any number, but one for all. */
const notifyLock = 8_101_192;

/**
 * Delivers up to `limit` events that are due to a channel of the hub: notifies and records in one
 * statement, so both happen or neither. Payloads that Postgres would refuse (8,000 bytes and more)
 * have only the id. One daemon at a time does it per transaction, which keeps the order; the others
 * answer 0. Answers how many were handled, those without event too, which are given up.
 */
export async function notifyDeliveries(
  sql: Sql,
  sink: { readonly name: string; readonly channel: string },
  limit: number,
): Promise<number> {
  const [row] = await sql<{ handled: number }[]>`
    with picked as materialized (
      select delivery.event_id
      from perigee.deliveries delivery
      where delivery.sink = ${sink.name} and delivery.state = 'pending'
        and delivery.due_at <= now()
        and pg_try_advisory_xact_lock(${notifyLock}, hashtext(${sink.name}))
        and not exists (
          select from perigee.sinks where name = ${sink.name} and state <> 'active')
      order by delivery.due_at, delivery.event_id
      limit ${limit}
      for update skip locked
    ), made as materialized (
      select event.event_id, json_build_object(
          'id', replace(hub.hub_id::text, '-', '') || '-' || event.event_id,
          'eventTypeKey', event.event_type_key, 'keyValue', event.key_value,
          'params', event.params_json)::text as payload,
        json_build_object(
          'id', replace(hub.hub_id::text, '-', '') || '-' || event.event_id)::text as short
      from picked join perigee.events event on event.event_id = picked.event_id
      cross join perigee.hub
      order by event.event_id
    ), sent as materialized (
      select event_id, pg_notify(
        ${sink.channel}, case when octet_length(payload) < 8000 then payload else short end)
      from made
    ), recorded as (
      update perigee.deliveries delivery
      set state = case when sent.event_id is null then 'dead' else 'delivered' end,
          last_error = case when sent.event_id is null then 'EVENT_GONE' end,
          attempts = attempts + 1, finished_at = now()
      from picked left join sent on sent.event_id = picked.event_id
      where delivery.sink = ${sink.name} and delivery.event_id = picked.event_id
      returning 1
    )
    select count(*)::int as handled from recorded`;
  return row?.handled ?? 0;
}

/**
 * Deletes delivered rows older than so many milliseconds, at most `limit`, oldest first, and answers
 * how many; call it until it answers less. Daemons that do it at once skip each other's rows.
 */
export async function pruneDelivered(
  sql: Sql,
  olderThanMs: number,
  limit: number,
): Promise<number> {
  const result = await sql`
    delete from perigee.deliveries
    where (event_id, sink) in (
      select event_id, sink from perigee.deliveries
      where state = 'delivered'
        and finished_at < now() - ${olderThanMs} * interval '1 millisecond'
      order by finished_at limit ${limit}
      for update skip locked)`;
  return result.count;
}
