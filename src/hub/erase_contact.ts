import type { TransactionSql } from "postgres";

/** What erasing a contact did, in rows. */
export interface ErasedRows {
  /** 0 or 1: whether the contact was there. */
  readonly contacts: number;
  readonly devices: number;
  /** Orders that stay without the person's name, address and numbers. */
  readonly orders: number;
  /** Activities and revenue that stay without what names the person. */
  readonly activities: number;
  readonly revenue: number;
  /** Events that stay without parameters and key. */
  readonly events: number;
  readonly deliveries: number;
  readonly segments: number;
  /** What imports remember under the person's keys: rejects, links, spellings of the number. */
  readonly imports: number;
}

/** Longest time to look through orders and the like, which have no index on names and numbers. */
const statementTimeoutMs = 3_600_000;

/**
 * Erases what the hub knows of a person, in one statement of the caller's transaction. Figures stay,
 * tied to an id that nobody has any more; the change log carries all of it to the exports, and the
 * deletes to those that propagate them. Orders, revenue, activities and devices that never found
 * their contact are the person's where they carry the person's address, number or external id.
 * `contactImports` names the imports whose remembered rows are contacts.
 *
 * The lock keeps the writing of trigger chunks out until the commit: an event from rows that were
 * read before cannot come after.
 */
export async function eraseContact(
  sql: TransactionSql,
  contactId: string,
  contactImports: readonly string[],
): Promise<ErasedRows> {
  await sql.unsafe(`set local statement_timeout = ${statementTimeoutMs}`);
  await sql`lock table perigee.trigger_chunks in share row exclusive mode`;
  const imports = JSON.stringify(contactImports);
  const [erased] = await sql<ErasedRows[]>`
    with target as (
      select wanted.contact_id, lower(contact.email) as email, contact.sms,
        contact.external_customer_id, coalesce(contact.fields, '{}') as fields
      from (select ${contactId}::text::bigint as contact_id) as wanted
        left join perigee.contacts contact using (contact_id)
    ), spelling as (
      delete from perigee.phone_numbers number using target
      where number.number = target.sms or number.written = target.sms returning number.written
    ), phone as (
      select sms as written from target where sms is not null union select written from spelling
    ), known as (
      select written as key from phone
      union select email from target where email is not null
      union select external_customer_id from target where external_customer_id is not null
      union select field.value from target, jsonb_each_text(target.fields) as field
        where field.value is not null
    ), reject as (
      delete from perigee.import_rejects reject using known
      where reject.key = known.key and known.key <> '' returning 1
    ), link as (
      delete from perigee.import_links link using target
      where link.source_key in (select written from phone) or link.source_key = target.email
        or link.row_id = target.contact_id and link.import_name in (
          select name from json_array_elements_text(${imports}::text::json) as name)
      returning 1
    ), waiting as (
      delete from perigee.import_unmatched waiting using known
      where waiting.contact_key = known.key returning 1
    ), event as (
      update perigee.events event set params_json = '[]', key_value = null from target
      where event.contact_id = target.contact_id returning event.event_id
    ), delivery as (
      delete from perigee.deliveries delivery using event
      where delivery.event_id = event.event_id returning 1
    ), device as (
      delete from perigee.devices device using target
      where device.contact_id = target.contact_id or device.contact_id is null
        and device.external_customer_id = target.external_customer_id returning 1
    ), orders as (
      update perigee.orders orders
      set email = null, phone = null, first_name = null, last_name = null, delivery_address = null
      from target where orders.contact_id = target.contact_id or orders.contact_id is null
        and (lower(orders.email) = target.email or orders.phone in (select written from phone))
      returning 1
    ), activity as (
      update perigee.contact_activities activity
      set external_customer_id = null, event_key = null, status_description = null,
        click_event_link = null, message_url = null
      from target where activity.contact_id = target.contact_id or activity.contact_id is null
        and activity.external_customer_id = target.external_customer_id returning 1
    ), revenue as (
      update perigee.revenue revenue
      set external_customer_id = null, click_event_link = null, message_url = null
      from target where revenue.contact_id = target.contact_id or revenue.contact_id is null
        and revenue.external_customer_id = target.external_customer_id returning 1
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
      (select count(*)::int from member) as segments,
      (select (select count(*) from reject) + (select count(*) from link)
        + (select count(*) from spelling) + (select count(*) from waiting))::int as imports`;
  if (erased === undefined) throw new Error("a select without from has one row");
  return erased;
}
