import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetContact } from "../../src/event/forget_contact.ts";
import { openTestHub } from "../support/database.ts";
import { importOf } from "../support/world.ts";

/**
 * Every text and JSON column of the hub: does it hold what names a person (`personal`), or only
 * words of the configuration, of products and of the program itself? A column that is in neither
 * list fails the test below, so a new one makes somebody decide, and erase it where it is personal.
 */
const personal: Readonly<Record<string, readonly string[]>> = {
  contacts: ["external_customer_id", "email", "sms", "first_name", "last_name", "fields"],
  contact_activities: [
    ...["external_customer_id", "event_key", "status_description", "click_event_link"],
    "message_url",
  ],
  devices: ["device_id", "external_customer_id", "push_token"],
  events: ["key_value", "params_json"],
  orders: ["email", "phone", "first_name", "last_name", "delivery_address"],
  revenue: ["external_customer_id", "click_event_link", "message_url"],
  deliveries: ["last_error", "last_answer"],
  phone_numbers: ["written", "number"],
  import_rejects: ["key"],
  import_links: ["source_key"],
  import_unmatched: ["row_key", "contact_key"],
  // A device's key is its only name; the line goes with the window that every export has read.
  changes_of_devices: ["device_id"],
};

const impersonal: Readonly<Record<string, readonly string[]>> = {
  alert_notices: [
    ...["webhook", "type", "subject", "condition", "code", "message", "advice"],
  ],
  alert_reports: ["subject", "condition"],
  alerts: ["subject", "condition", "code", "message", "advice"],
  broadcasts: ["media_type", "name", "status"],
  contact_activities: [
    ...["activity_status", "campaign_type", "event_type_key", "media_type", "message_name"],
    ...["message_language_code", "message_tags", "sender_name", "utm_campaign", "workflow_id"],
    ...["workflow_instance_id", "workflow_block_id"],
  ],
  contacts: ["email_domain", "email_status", "language_code", "contact_source"],
  dataset_epochs: ["dataset"],
  deliveries: ["sink", "state"],
  devices: [
    ...["category", "device_model", "os_type", "os_version", "app_version", "language_code"],
    "time_zone",
  ],
  events: ["event_type_key", "trigger_name"],
  export_cursors: ["export_name", "dataset", "snapshot"],
  import_cursors: [
    ...["import_name", "fingerprint", "source_identity", "snapshot", "cursor_history"],
  ],
  import_links: ["import_name"],
  import_rejects: ["import_name", "field", "reason"],
  import_unmatched: ["import_name"],
  leases: ["name"],
  messages: [
    ...["name", "subject", "media_type", "sender", "reply_to", "tags", "language", "translations"],
  ],
  migrations: ["name", "checksum"],
  order_items: ["external_product_id", "name", "description", "url", "image_url"],
  orders: ["external_order_id", "status", "delivery_method", "payment_method"],
  phone_numbers: ["country"],
  revenue: [
    ...["external_order_id", "currency", "activity_status", "campaign_type", "media_type"],
    ...["message_name", "message_tags", "sender_name", "utm_campaign"],
  ],
  routes: ["pattern", "like_pattern", "sink"],
  runs: ["name", "state", "cause", "counts", "error_code", "error_message", "error_advice"],
  segments: ["name"],
  sinks: ["name", "state", "reason"],
  trigger_chunks: ["trigger_name"],
  trigger_contacts: ["trigger_name"],
  trigger_ticks: ["trigger_name", "counts"],
  triggers: ["name"],
};

test("every text of the hub is known to be of a person or not", async (t) => {
  const { sql } = await openTestHub(t);
  const found = await sql<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'perigee' and data_type in ('text', 'json', 'jsonb', 'ARRAY', 'bytea',
      'character varying', 'USER-DEFINED', 'inet') and udt_name <> '_int8'`;
  const listed = [personal, impersonal].flatMap((list) =>
    Object.entries(list).flatMap(([table, columns]) => columns.map((each) => `${table}.${each}`))
  );
  const names = found.map(({ name }) => name);
  assert.deepEqual(names.filter((name) => !listed.includes(name)), [], "not decided yet");
  assert.deepEqual(listed.filter((name) => !names.includes(name)), [], "not there any more");
});

const imports = [importOf("customers", "customers", [])];

test("forgetting a contact leaves figures and nothing of the person, and says what it did", async (t) => {
  const { sql } = await openTestHub(t);
  await sql.unsafe(`
    insert into perigee.contacts (contact_id, email, first_name, last_name, sms,
        external_customer_id, fields) overriding system value
      values (1, 'Gone@example.com', 'Secretname', 'Secretname', '+380671112233', 'Secretid',
          '{"card": "Secretcard"}'),
        (2, 'stays@example.com', 'Other', null, '+380672223344', 'stays', '{"card": "other"}');
    insert into perigee.devices (application_id, device_id, contact_id, push_token,
        external_customer_id)
      values (1, 'Secretname', 1, 'Secretname', 'Secretid'), (1, 'e', 2, 't', 'stays'),
        (1, 'Secretname 2', null, 'Secretname', 'Secretid');
    insert into perigee.orders (order_id, contact_id, email, phone, first_name, last_name,
        delivery_address, total_cost) overriding system value
      values (10, 1, 'gone@example.com', 'Secretname', 'Secretname', 'Secretname', 'Secretname', 5),
        (11, null, 'GONE@example.com', null, 'Secretname', null, null, 6),
        (12, null, null, '067 111-22-33', 'Secretname', null, null, 7),
        (13, null, 'stays@example.com', null, 'Other', null, null, 8);
    insert into perigee.contact_activities (contact_id, external_customer_id, event_key,
        status_description, click_event_link, message_url)
      values (1, 'Secretid', 'Secretname', 'Secretname', 'Secretname', 'Secretname'),
        (null, 'Secretid', null, null, null, null);
    insert into perigee.revenue (contact_id, external_customer_id, click_event_link, message_url)
      values (1, 'Secretid', 'Secretname', 'Secretname'), (null, 'Secretid', null, null);
    insert into perigee.events (event_id, event_type_key, key_value, contact_id, params_json)
        overriding system value
      values (100, 'x', 'gone@example.com', 1, '[{"name":"EmailAddress","value":"Secretname"}]'),
        (101, 'x', '2', 2, '[{"name":"a","value":"b"}]');
    insert into perigee.deliveries (event_id, sink, contact_id, last_error, last_answer)
      values (100, 's', 1, 'Secretname', 'Secretname'), (101, 's', 2, null, null);
    insert into perigee.segment_members values (5, 1, now()), (5, 2, now());
    insert into perigee.phone_numbers (country, written, number)
      values ('UA', '067 111-22-33', '+380671112233'), ('', '+380671112233', '+380671112233'),
        ('UA', '067 222-33-44', '+380672223344');
    insert into perigee.import_rejects (import_name, key, field, reason, rows, run_id)
      values ('customers', 'gone@example.com', 'sms', 'invalid_phone', 1, 1),
        ('phones', '067 111-22-33', '', 'duplicate', 1, 1),
        ('ids', 'Secretid', '', 'taken', 1, 1), ('cards', 'Secretcard', '', 'ambiguous', 1, 1),
        ('customers', '', '', 'no_key', 1, 1), ('customers', 'stays@example.com', '', 'taken', 1, 1);
    insert into perigee.import_links (import_name, source_key, row_id)
      values ('customers', 'Secretid', 1), ('phones', '067 111-22-33', 1),
        ('dropped', 'gone@example.com', 1), ('orders', '1', 1), ('customers', 'stays', 2);
    insert into perigee.import_unmatched (import_name, row_key, contact_key)
      values ('orders', '[1]', 'gone@example.com'), ('orders', '[2]', 'stays@example.com');
    insert into perigee.trigger_contacts (trigger_name, contact_id) values ('t', 1)`);
  const erased = await forgetContact(sql, "1", imports);
  assert.deepEqual(erased, {
    contacts: 1,
    devices: 2,
    orders: 3,
    activities: 2,
    revenue: 2,
    events: 1,
    deliveries: 1,
    segments: 1,
    imports: 10,
  });
  for (const table of await tablesOf(sql)) {
    const [row] = await sql.unsafe<{ found: number }[]>(
      `select count(*)::int as found from perigee."${table}" t
       where t::text ~* 'Secret|gone@example.com|671112233|067 111'`,
    );
    const isLog = table === "changes_of_devices";
    assert.equal(row?.found, isLog ? 4 : 0, table);
  }
  const [logged] = await sql`select 1 from perigee.changes_of_contacts where contact_id = 1`;
  assert.ok(logged !== undefined, "exports hear of the deletion");
  const [kept] = await sql`
    select (select sum(total_cost)::int from perigee.orders) as orders,
      (select count(*)::int from perigee.events) as events,
      (select count(*)::int from perigee.segment_members) as members,
      (select count(*)::int from perigee.phone_numbers) as numbers,
      (select count(*)::int from perigee.import_rejects) as rejects,
      (select count(*)::int from perigee.import_links) as links,
      (select count(*)::int from perigee.devices) as devices,
      (select first_name from perigee.orders where order_id = 13) as "otherOrder"`;
  assert.deepEqual({ ...kept }, {
    orders: 26,
    events: 2,
    members: 1,
    numbers: 1,
    rejects: 2,
    links: 2,
    devices: 1,
    otherOrder: "Other",
  });
});

async function tablesOf(sql: Awaited<ReturnType<typeof openTestHub>>["sql"]): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'perigee' and table_type = 'BASE TABLE'`;
  return tables.map(({ name }) => name);
}

test("forgetting somebody who is not there does nothing", async (t) => {
  const { sql } = await openTestHub(t);
  const erased = await forgetContact(sql, "404", imports);
  assert.ok(Object.values(erased).every((rows) => rows === 0));
});
