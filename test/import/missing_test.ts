import assert from "node:assert/strict";
import { test } from "node:test";
import { findAll, happened, importOnce, mapTo } from "../support/imports.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table customers (id integer primary key, email text unique, first_name text);
  insert into customers select i, 'user' || lpad(i::text, 2, '0') || '@example.com', 'N' from generate_series(1, 10) i`);
await world.hub.sql`insert into perigee.contacts (email) values ('own@example.com')`;
const mapping = [mapTo("firstName", "first_name")];

test("contacts whose row disappears are unsubscribed, others are left alone", async () => {
  const config = importOf("soft", "customers", mapping, { onMissing: "unsubscribe" });
  assert.deepEqual(happened(await importOnce(world, config)), { read: 10, inserted: 10 });
  await world.shop.sql`delete from customers where id = 3`;
  assert.deepEqual(happened(await importOnce(world, config)), { removed: 1 });
  assert.deepEqual(happened(await importOnce(world, config)), {});
  const gone = (await findAll(world, "email, email_status as status"))
    .filter(({ status }) => status === "UNSUBSCRIBED");
  assert.deepEqual(gone.map(({ email }) => email), ["user03@example.com"]);
});

test("a run that would remove more than a fifth stops until it is confirmed", async () => {
  const config = importOf("hard", "customers", mapping, { onMissing: "delete" });
  await importOnce(world, config);
  await world.shop.sql`delete from customers where id in (4, 5, 6)`;
  await world.shop.sql`update customers set first_name = 'changed' where id = 1`;
  await assert.rejects(importOnce(world, config), (error: Error) => {
    assert.match(error.message, /would delete 3 of 9 contacts/);
    return (error as { code?: unknown }).code === "PG605";
  });
  assert.equal((await findAll(world, "email")).length, 11);
  const counts = await importOnce(world, config, { isConfirmed: true });
  assert.deepEqual(happened(counts), { read: 1, updated: 1, removed: 3 });
  assert.equal((await findAll(world, "email")).length, 8);
  assert.deepEqual(happened(await importOnce(world, config)), {});
});
