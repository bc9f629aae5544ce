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
 * Rows are locked with SKIP LOCKED and hidden by `claimed_until`, so of any number of daemons one
 * gets each. No index has that column, so the update leaves the indexes alone; rows that are claimed
 * are passed over, and they are no more than all daemons hold at a time. A delivery whose contact has
 * an earlier one pending is taken only together with it or behind one that the same claimant holds
 * (which keeps their order in memory); else it is put off: until the earlier one is due, or for a
 * moment when that is on its way. Being put off costs one write and keeps the cost of a claim
 * independent of how many wait.
 */
export async function claimDeliveries(sql: Sql, claim: ClaimRequest): Promise<ClaimedDelivery[]> {
  const { sink, claimant, limit, leaseMs } = claim;
  // Rows are found again by their ctid, and others by lateral look-ups: with plain joins the planner
  // reads whole tables to hash them, at any size below a few hundred thousand rows.
  const rows = await sql<ClaimedDelivery[]>`
    with picked as materialized (
      select ctid as place, event_id, contact_id from perigee.deliveries
      where sink = ${sink} and state = 'pending' and due_at <= now()
        and ${isUnclaimed(sql)}
        and not exists (select from perigee.sinks where name = ${sink} and state <> 'active')
      order by due_at, event_id
      limit ${limit}
      for update skip locked
    ), ranked as (
      select place, event_id, contact_id,
        row_number() over (partition by contact_id order by event_id) - 1 as picked_before
      from picked
    ), judged as materialized (
      select ranked.place, ranked.event_id, earlier.until,
        ranked.contact_id is not null and earlier.waiting > ranked.picked_before as is_blocked
      from ranked cross join lateral (
        select count(*) as waiting,
          max(case when earlier.claimed_by is null then earlier.due_at end) as until
        from perigee.deliveries earlier
        where earlier.contact_id = ranked.contact_id and earlier.sink || '' = ${sink}
          and earlier.state = 'pending' and earlier.event_id < ranked.event_id
          and (earlier.claimed_by = ${claimant}::uuid and earlier.claimed_until > now()) is not true
      ) earlier
    ), put_off as (
      update perigee.deliveries delivery
      set due_at = greatest(judged.until, now() + interval '500 milliseconds'), claimed_by = null
      from judged
      where judged.is_blocked
        and delivery.ctid = any (array(select place from judged where is_blocked))
        and delivery.sink = ${sink} and delivery.event_id = judged.event_id
    ), moved as (
      update perigee.deliveries
      set claimed_until = now() + ${leaseMs} * interval '1 millisecond',
        claimed_by = ${claimant}::uuid, claim_no = claim_no + 1
      where ctid = any (array(select place from judged where not is_blocked))
      returning event_id, claim_no, attempts, contact_id, is_alone
    )
    select moved.event_id::text as "eventId", moved.claim_no as "claimNo", moved.attempts,
      moved.contact_id::text as "contactId", moved.is_alone as "isAlone",
      event.event_type_key as "eventTypeKey", event.key_value as "keyValue", event.occured,
      event.params
    from moved left join lateral (
      select event_type_key, key_value, params_json::text as params,
        to_char(occured at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as occured
      from perigee.events where event_id = moved.event_id limit 1
    ) event on true
    order by moved.event_id`;
  return rows;
}

/** Whether no claim of a delivery lasts. A claim ends with `claimed_by`; only its end stays behind. */
function isUnclaimed(sql: Sql) {
  return sql`(claimed_by is not null and claimed_until > now()) is not true`;
}

/** Of a contact's deliveries that were put off, how many become due when one before them ends. */
const followers = 100;

/** A claimed delivery that was answered with 2xx. */
export interface Delivered {
  readonly eventId: string;
  readonly claimNo: number;
  readonly status: number;
}

/**
 * Records deliveries as delivered, and makes their contacts' next ones due that were put off. A
 * claim that is no longer the latest changes nothing. The lists are sorted and `width_bucket` finds
 * a row's place in them: a join would let the planner read the whole table of a small hub.
 */
export async function recordDelivered(
  sql: Sql,
  sink: string,
  delivered: readonly Delivered[],
): Promise<void> {
  const sorted = [...delivered].sort((one, other) =>
    Number(one.eventId) - Number(other.eventId) || one.claimNo - other.claimNo
  );
  const list = (pick: (each: Delivered) => string | number) => `{${sorted.map(pick).join()}}`;
  await sql`
    with given as materialized (
      select ${list((each) => each.eventId)}::text::bigint[] as event_ids,
        ${list((each) => each.claimNo)}::text::int[] as claim_nos,
        ${list((each) => each.status)}::text::int[] as statuses
    ), done as (
      update perigee.deliveries
      set state = 'delivered', finished_at = now(), attempts = attempts + 1, claimed_by = null,
        last_error = null, last_answer = null, last_status = (select statuses from given)[
          width_bucket(event_id, (select event_ids from given))]
      where sink = ${sink} and event_id = any ((select event_ids from given)::bigint[])
        and claimed_by is not null and claim_no = (select claim_nos from given)[
          width_bucket(event_id, (select event_ids from given))]
      returning event_id, contact_id
    )
    ${makeNextDue(sql, sink)}`;
}

/**
 * The end of a statement whose `done` are deliveries that no longer stand before others. Sink and
 * time are compared so that the index by time cannot serve them: Postgres likes it while it has no
 * statistics, and would read every delivery that waits for each of `done`. Nothing is looked up for
 * each while the sink has no delivery at all that waits for a later time.
 */
function makeNextDue(sql: Sql, sink: string) {
  return sql`
    update perigee.deliveries set due_at = now()
    where ctid = any (array(
        select next.place from done cross join lateral (
          select ctid as place from perigee.deliveries
          where contact_id = done.contact_id and sink || '' = ${sink} and state = 'pending'
            and event_id > done.event_id and claimed_by is null and attempts = 0
            and due_at - now() > interval '0'
            and now() < (select max(due_at) from perigee.deliveries
              where sink = ${sink} and state = 'pending')
          order by event_id limit ${followers}) next))
      and state = 'pending' and claimed_by is null and due_at > now()`;
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
    ), recorded as (
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
        and delivery.claim_no = given."claimNo" and delivery.claimed_by is not null
      returning delivery.event_id, delivery.contact_id, delivery.state
    ), done as (
      select event_id, contact_id from recorded where state = 'dead'
    )
    ${makeNextDue(sql, sink)}`;
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
        and delivery.due_at <= now() and ${isUnclaimed(sql)}
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
    with chosen as materialized (
      select event_id, sink from perigee.deliveries
      where state = 'delivered'
        and finished_at < now() - ${olderThanMs} * interval '1 millisecond'
      order by finished_at limit ${limit}
      for update skip locked
    )
    delete from perigee.deliveries
    where (event_id, sink) in (select event_id, sink from chosen)`;
  return result.count;
}
