import assert from "node:assert/strict";
import { test } from "node:test";
import { happened, importOnce, mapTo } from "../support/imports.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table orders (number text primary key, email text, total numeric, at timestamp);
  create table lines (order_number integer, line integer, name text, qty integer, primary key (order_number, line));
  create table clicks (id bigint primary key, email text, link text, at timestamptz);
  create table happenings (id integer primary key, email text, kind text, params jsonb);
  insert into orders values ('A-1', 'One@example.com', 10.50, '2026-01-01'), ('A-2', 'who@example.com', 20, null);
  insert into lines values (1, 1, 'pen', 2), (1, 2, 'ink', 1);
  insert into clicks values (7, 'one@example.com', 'https://example.com/', '2026-01-01T00:00:00Z');
  insert into happenings values (1, 'one@example.com', 'seen', '[{"name": "a", "value": "b"}]'),
    (2, 'one@example.com', null, null), (3, 'one@example.com', 'odd', '{}')`);
await world.hub
  .sql`insert into perigee.contacts (contact_id, email) values (500, 'one@example.com')`;

const orders = importOf("orders", "orders", [
  mapTo("externalOrderId", "number"),
  mapTo("email", "email"),
  mapTo("totalCost", "total"),
  mapTo("orderDate", "at"),
], { dataset: "orders" });

test("orders are matched by their external id and find their contact by the key", async () => {
  assert.deepEqual(happened(await importOnce(world, orders)), {
    read: 2,
    inserted: 2,
    unmatched: 1,
  });
  await world.shop.sql`update orders set total = 11 where number = 'A-1'`;
  assert.deepEqual(happened(await importOnce(world, orders)), { read: 1, updated: 1 });
  const rows = await world.hub.sql`
    select external_order_id as id, contact_id::int as contact, email, total_cost::text as total
    from perigee.orders order by 1`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { id: "A-1", contact: 500, email: "one@example.com", total: "11" },
    { id: "A-2", contact: null, email: "who@example.com", total: "20" },
  ]);
});

test("a row whose contact comes later is linked to it, though the row does not change", async () => {
  const waiting = () => world.hub.sql`select contact_key from perigee.import_unmatched`;
  assert.deepEqual((await waiting()).map((row) => row["contact_key"]), ["who@example.com"]);
  assert.deepEqual(happened(await importOnce(world, orders)), {});
  await world.hub
    .sql`insert into perigee.contacts (contact_id, email) values (600, 'Who@example.com')`;
  assert.deepEqual(happened(await importOnce(world, orders)), { linked: 1 });
  const [row] = await world.hub.sql`
    select contact_id::int as contact from perigee.orders where external_order_id = 'A-2'`;
  assert.equal(row?.["contact"], 600);
  assert.deepEqual([...await waiting()], []);
});

test("a row that loses its key waits for nobody", async () => {
  await world.shop.sql`insert into orders values ('A-3', 'late@example.com', 1, null)`;
  assert.deepEqual(happened(await importOnce(world, orders)), {
    read: 1,
    inserted: 1,
    unmatched: 1,
  });
  await world.shop.sql`update orders set email = null where number = 'A-3'`;
  await importOnce(world, orders);
  await world.hub.sql`insert into perigee.contacts (email) values ('late@example.com')`;
  assert.deepEqual(happened(await importOnce(world, orders)), {});
});

test("rows without a key of their own are remembered by the source's primary key", async () => {
  const config = importOf("lines", "lines", [
    mapTo("orderId", "order_number"),
    mapTo("name", "name"),
    mapTo("quantity", "qty"),
  ], { dataset: "orderItems", onMissing: "delete" });
  assert.deepEqual(happened(await importOnce(world, config)), { read: 2, inserted: 2 });
  await world.shop.sql`update lines set qty = 3 where line = 2`;
  assert.deepEqual(happened(await importOnce(world, config)), { read: 1, updated: 1 });
  await world.shop.sql`delete from lines where line = 1`;
  const counts = await importOnce(world, config, { isConfirmed: true });
  assert.deepEqual(happened(counts), { removed: 1 });
  const rows = await world.hub.sql`select name, quantity from perigee.order_items`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [{ name: "ink", quantity: 3 }]);
});

test("activities are appended once", async () => {
  const config = importOf("clicks", "clicks", [
    mapTo("activityStatus", { kind: "constant", value: "CLICKED" }),
    mapTo("clickEventLink", "link"),
    mapTo("activityDateTime", "at"),
  ], { dataset: "contactActivities" });
  assert.deepEqual(happened(await importOnce(world, config)), { read: 1, inserted: 1 });
  assert.deepEqual(happened(await importOnce(world, { ...config, mode: "full" })), {
    read: 1,
    unchanged: 1,
  });
  const [row] = await world.hub.sql`
    select contact_id::int as contact, activity_status as status from perigee.contact_activities`;
  assert.deepEqual({ ...row }, { contact: 500, status: "CLICKED" });
});

test("events need a type, and params that are an array", async () => {
  const config = importOf("happenings", "happenings", [
    mapTo("eventTypeKey", "kind"),
    mapTo("paramsJson", "params"),
  ], { dataset: "events" });
  assert.deepEqual(happened(await importOnce(world, config)), {
    read: 3,
    inserted: 2,
    rejected: 1,
    dropped: 1,
  });
});

test("rows that nothing tells apart are refused", async () => {
  const from = { kind: "query" as const, sql: "select 'x' as name" };
  const config = importOf("blind", "", [mapTo("name", "name")], { dataset: "orderItems", from });
  await assert.rejects(importOnce(world, config), { code: "PG603" });
});
