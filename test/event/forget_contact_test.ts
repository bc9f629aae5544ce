import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetContact } from "../../src/event/forget_contact.ts";
import { openTestHub } from "../support/database.ts";

test("forgetting a contact leaves figures and nothing of the person, and says what it did", async (t) => {
  const { sql } = await openTestHub(t);
  await sql.unsafe(`
    insert into perigee.contacts (contact_id, email, first_name) overriding system value
      values (1, 'gone@example.com', 'Secretname'), (2, 'stays@example.com', 'Other');
    insert into perigee.devices (application_id, device_id, contact_id, push_token)
      values (1, 'd', 1, 'Secretname'), (1, 'e', 2, 't');
    insert into perigee.orders (order_id, contact_id, email, phone, first_name, last_name,
        delivery_address, total_cost) overriding system value
      values (10, 1, 'gone@example.com', 'Secretname', 'Secretname', 'Secretname', 'Secretname', 5);
    insert into perigee.contact_activities (contact_id, external_customer_id) values (1, 'Secretname');
    insert into perigee.revenue (contact_id, external_customer_id) values (1, 'Secretname');
    insert into perigee.events (event_id, event_type_key, key_value, contact_id, params_json)
        overriding system value
      values (100, 'x', 'gone@example.com', 1, '[{"name":"EmailAddress","value":"Secretname"}]'),
        (101, 'x', '2', 2, '[{"name":"a","value":"b"}]');
    insert into perigee.deliveries (event_id, sink, contact_id) values (100, 's', 1), (101, 's', 2);
    insert into perigee.segment_members values (5, 1, now()), (5, 2, now());
    insert into perigee.trigger_contacts (trigger_name, contact_id) values ('t', 1)`);
  assert.deepEqual(await forgetContact(sql, "1"), {
    contacts: 1,
    devices: 1,
    orders: 1,
    activities: 1,
    revenue: 1,
    events: 1,
    deliveries: 1,
    segments: 1,
  });
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'perigee' and table_type = 'BASE TABLE'`;
  for (const { name } of tables) {
    const [row] = await sql.unsafe<{ found: number }[]>(
      `select count(*)::int as found from perigee."${name}" t
       where t::text ~ 'Secretname|gone@example.com'`,
    );
    assert.equal(row?.found, 0, name);
  }
  const [logged] = await sql`select 1 from perigee.changes_of_contacts where contact_id = 1`;
  assert.ok(logged !== undefined, "exports hear of the deletion");
  const [kept] = await sql<{ orders: number; events: number; members: number }[]>`
    select (select count(*)::int from perigee.orders where total_cost = 5) as orders,
      (select count(*)::int from perigee.events) as events,
      (select count(*)::int from perigee.segment_members) as members`;
  assert.deepEqual(kept, { orders: 1, events: 2, members: 1 });
});

test("forgetting somebody who is not there does nothing", async (t) => {
  const { sql } = await openTestHub(t);
  const erased = await forgetContact(sql, "404");
  assert.ok(Object.values(erased).every((rows) => rows === 0));
});
