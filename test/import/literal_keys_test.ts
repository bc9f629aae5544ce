import assert from "node:assert/strict";
import { test } from "node:test";
import { happened, importOnce, mapTo } from "../support/imports.ts";
import { importOf, openWorld } from "../support/world.ts";

const tables = `
  create table people (id integer primary key, card text, email text, name text);
  insert into people values (7, 'A-1', 'seven@example.com', 'Seven'), (8, 'a-1', null, 'Eight'),
    (9, '', 'nine@example.com', 'Nine')`;

test("an external id is a key to the letter, of whatever type the column is", async () => {
  const key = { column: "id", field: { kind: "externalCustomerId" as const } };
  const world = await openWorld(tables, key);
  await world.hub.sql`
    insert into perigee.contacts (external_customer_id, first_name)
    values ('7', 'Old'), ('07', 'Another')`;
  const config = importOf("people", "people", [
    mapTo("firstName", "name"),
    mapTo("email", "email"),
  ]);
  assert.deepEqual(happened(await importOnce(world, config)), { read: 3, inserted: 2, updated: 1 });
  const rows = await world.hub.sql`
    select external_customer_id as id, first_name as name, email from perigee.contacts order by 1`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { id: "07", name: "Another", email: null },
    { id: "7", name: "Seven", email: "seven@example.com" },
    { id: "8", name: "Eight", email: null },
    { id: "9", name: "Nine", email: "nine@example.com" },
  ]);
});

test("an additional field is a key to the letter, and belongs to the new contacts", async () => {
  const key = { column: "card", field: { kind: "field" as const, name: "card" } };
  const world = await openWorld(tables, key);
  await world.hub.sql`
    insert into perigee.contacts (fields) values ('{"card": "A-1", "city": "Lviv"}')`;
  const config = importOf("people", "people", [mapTo("firstName", "name")]);
  assert.deepEqual(happened(await importOnce(world, config)), {
    read: 3,
    inserted: 1,
    updated: 1,
    rejected: 1,
  });
  const rows = await world.hub.sql`
    select fields ->> 'card' as card, fields ->> 'city' as city, first_name as name
    from perigee.contacts order by first_name`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { card: "a-1", city: null, name: "Eight" },
    { card: "A-1", city: "Lviv", name: "Seven" },
  ]);
});
