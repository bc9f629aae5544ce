import type { Sql, TransactionSql } from "postgres";
import { personStatements } from "./dataset_rows.ts";
import { makePeople } from "./people.ts";
import { sampleCustomers, sampleSeed } from "./shop.ts";

/** What `seedHub` did; both are 0 from the third call on. */
export interface SeededHub {
  /** Rows that were added to datasets other than contacts. */
  readonly inserted: number;
  /** Rows that got the id of their contact, which had not been imported when they were added. */
  readonly linked: number;
}

/** Any number that nothing else in the hub locks. */
const sampleLock = 8_101_191;

/**
 * Gives a new hub rows in the datasets that the sample imports nothing into: what a sending platform
 * would have written about the customers of the sample shop. Contacts are left to the import.
 *
 * Call it after the migrations, and again when contacts were imported: it then writes their ids into
 * the rows that were waiting. Adds nothing when any of the datasets has rows, so that it never mixes
 * with real data; what it adds is added in one transaction under an advisory lock.
 */
export async function seedHub(sql: Sql, options: { now: Date }): Promise<SeededHub> {
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${sampleLock})`;
    const inserted = await isEmpty(tx) ? await insertSample(tx, options.now) : 0;
    return { inserted, linked: await linkContacts(tx) };
  });
}

async function isEmpty(tx: TransactionSql): Promise<boolean> {
  const [found] = await tx<{ isEmpty: boolean }[]>`
    select not (exists (select from perigee.broadcasts) or exists (select from perigee.messages)
      or exists (select from perigee.devices) or exists (select from perigee.orders)
      or exists (select from perigee.order_items) or exists (select from perigee.revenue)
      or exists (select from perigee.contact_activities)
      or exists (select from perigee.events where trigger_name is null)) as "isEmpty"`;
  return found?.isEmpty === true;
}

async function insertSample(tx: TransactionSql, now: Date): Promise<number> {
  const moment = now.toISOString();
  const people = makePeople({
    count: sampleCustomers,
    seed: sampleSeed,
    today: moment.slice(0, 10),
  });
  await tx`
    create temporary table sample_people (n bigint, contact_id bigint, external_customer_id text,
      email text, first_name text, last_name text, sms text, language_code text) on commit drop`;
  await tx`
    insert into sample_people
    select id, contacts.contact_id, id::text, person.email, "firstName", "lastName", phone, language
    from jsonb_to_recordset(${JSON.stringify(people)}::text::jsonb) as person
      (id bigint, email text, "firstName" text, "lastName" text, phone text, language text)
    left join perigee.contacts on external_customer_id = id::text`;
  const campaigns = await insertCampaigns(tx, moment);
  let inserted = campaigns.messages + campaigns.broadcasts;
  const options = { people: "sample_people", prefix: "SAMPLE-", seed: sampleSeed, moment };
  for (const { sql, values } of personStatements(options)) {
    const result = await tx.unsafe(sql, [...values]);
    inserted += result.count;
  }
  return inserted;
}

/**
 * Adds the few messages and broadcasts that activities refer to, unless they are there, and answers
 * how many it added. Two at once are safe: the second waits for the keys of the first.
 */
export async function insertCampaigns(
  tx: TransactionSql,
  moment: string,
): Promise<{ messages: number; broadcasts: number }> {
  const messages = await tx`
    insert into perigee.messages (message_id, name, subject, media_type, sender, reply_to, tags,
      language, translations, annoyance_level, update_date)
    select n, 'Message ' || n, (array['Welcome', 'New teas', 'Your order', 'A gift', 'News'])[n],
      'Email', 'Sample shop <shop@example.com>', 'shop@example.com', 'sample', 'uk', 'en, pl', 1 + n % 3,
      ${moment}::timestamptz - n * interval '9 days'
    from generate_series(1, 5) as n on conflict (message_id) do nothing`;
  const broadcasts = await tx`
    insert into perigee.broadcasts (id, group_id, media_type, message_id, name, status, created_date,
      started_date, updated_date)
    select n, 100 + n, 'Email', n, 'Campaign ' || n,
      (array['IDLE', 'IDLE', 'RUNNING', 'SCHEDULED'])[n],
      ${moment}::timestamptz - (5 - n) * interval '20 days',
      case when n < 4 then ${moment}::timestamptz - (5 - n) * interval '19 days' end,
      ${moment}::timestamptz - (5 - n) * interval '18 days'
    from generate_series(1, 4) as n on conflict (id) do nothing`;
  await tx`
    select setval(pg_get_serial_sequence('perigee.messages', 'message_id'), max(message_id))
    from perigee.messages`;
  await tx`
    select setval(pg_get_serial_sequence('perigee.broadcasts', 'id'), max(id))
    from perigee.broadcasts`;
  return { messages: messages.count, broadcasts: broadcasts.count };
}

/** What tells our rows from those of others, in the tables that know contacts by external id. */
const ownRows = {
  contact_activities: "waiting.message_tags = 'sample'",
  devices: "waiting.device_id like 'sample-%'",
  revenue: "waiting.external_order_id like 'SAMPLE-%'",
};

async function linkContacts(tx: TransactionSql): Promise<number> {
  let linked = 0;
  for (const [table, isOurs] of Object.entries(ownRows)) {
    const rows = await tx.unsafe(`
      update perigee.${table} as waiting set contact_id = contacts.contact_id
      from perigee.contacts
      where waiting.contact_id is null and ${isOurs}
        and contacts.external_customer_id = waiting.external_customer_id`);
    linked += rows.count;
  }
  const orders = await tx`
    update perigee.orders as waiting set contact_id = contacts.contact_id
    from perigee.contacts
    where waiting.contact_id is null and waiting.external_order_id like 'SAMPLE-%'
      and lower(contacts.email) = lower(waiting.email)`;
  const events = await tx`
    update perigee.events as waiting set contact_id = orders.contact_id
    from perigee.orders
    where waiting.contact_id is null and orders.contact_id is not null
      and waiting.key_value like 'SAMPLE-%' and orders.external_order_id = waiting.key_value`;
  return linked + orders.count + events.count;
}
