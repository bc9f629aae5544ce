import type { TransactionSql } from "postgres";

/** What erasing a contact did, in rows. */
export interface ErasedRows {
  /** 0 or 1: whether the contact was there. */
  readonly contacts: number;
  readonly devices: number;
  /** Orders that stay without the person's name, address and numbers. */
  readonly orders: number;
  /** Activities and revenue that stay without the customer's external id. */
  readonly activities: number;
  readonly revenue: number;
  /** Events that stay without parameters and key. */
  readonly events: number;
  readonly deliveries: number;
  readonly segments: number;
}

/**
 * Erases what the hub knows of a person, in one statement of the caller's transaction. Figures stay,
 * tied to an id that nobody has any more; the change log carries all of it to the exports, and the
 * deletes to those that propagate them.
 *
 * The lock keeps the writing of trigger chunks out until the commit: an event from rows that were
 * read before cannot come after.
 */
export async function eraseContact(sql: TransactionSql, contactId: string): Promise<ErasedRows> {
  await sql`lock table perigee.trigger_chunks in share row exclusive mode`;
  const [erased] = await sql<ErasedRows[]>`
    with target as (select ${contactId}::text::bigint as contact_id),
    event as (
      update perigee.events event set params_json = '[]', key_value = null from target
      where event.contact_id = target.contact_id returning event.event_id
    ), delivery as (
      delete from perigee.deliveries delivery using event
      where delivery.event_id = event.event_id returning 1
    ), device as (
      delete from perigee.devices device using target
      where device.contact_id = target.contact_id returning 1
    ), orders as (
      update perigee.orders orders
      set email = null, phone = null, first_name = null, last_name = null, delivery_address = null
      from target where orders.contact_id = target.contact_id returning 1
    ), activity as (
      update perigee.contact_activities activity set external_customer_id = null from target
      where activity.contact_id = target.contact_id returning 1
    ), revenue as (
      update perigee.revenue revenue set external_customer_id = null from target
      where revenue.contact_id = target.contact_id returning 1
    ), member as (
      delete from perigee.segment_members member using target
      where member.contact_id = target.contact_id returning 1
    ), handled as (
      delete from perigee.trigger_contacts handled using target
      where handled.contact_id = target.contact_id
    ), contact as (
      delete from perigee.contacts contact using target
      where contact.contact_id = target.contact_id returning 1
    )
    select (select count(*)::int from contact) as contacts,
      (select count(*)::int from device) as devices,
      (select count(*)::int from orders) as orders,
      (select count(*)::int from activity) as activities,
      (select count(*)::int from revenue) as revenue,
      (select count(*)::int from event) as events,
      (select count(*)::int from delivery) as deliveries,
      (select count(*)::int from member) as segments`;
  if (erased === undefined) throw new Error("a select without from has one row");
  return erased;
}
