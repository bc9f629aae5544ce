import assert from "node:assert/strict";
import { test } from "node:test";
import { cast, findAll, importOnce, mapTo, mapToField } from "../support/imports.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table customers (
    id integer primary key, email text, first_name text, last_name text, phone text,
    language text, birthday date, city text, updated_at timestamptz default now());
  insert into customers values
    (1, ' Dina@Example.com ', 'Dina', 'Kozak', '044 123 45 67', 'uk', '1990-09-02', 'Lviv'),
    (2, 'boris@example.org', 'Boris', null, '+380671112233', 'uk', null, null),
    (3, 'dina@example.com', 'Dina again', null, null, 'uk', null, null),
    (4, null, 'Nobody', null, null, null, null, null),
    (5, 'not an address', 'Nemo', null, null, null, null, null),
    (6, 'vera@example.org', 'Vera', null, '12', 'en', null, null)`);

const mapping = [
  mapTo("email", "email"),
  mapTo("externalCustomerId", cast("id", "text")),
  mapTo("firstName", "first_name"),
  mapTo("sms", "phone"),
  mapTo("languageCode", "language"),
  mapToField("birthday", "birthday"),
  mapToField("city", "city"),
];
const customers = importOf("customers", "customers", mapping, { defaultCountry: "UA" });

test("contacts are matched by the normalised key and every reject is listed with its reason", async () => {
  const counts = await importOnce(world, customers);
  assert.deepEqual(counts, {
    read: 6,
    inserted: 3,
    updated: 0,
    unchanged: 0,
    rejected: 3,
    dropped: 1,
    removed: 0,
    unmatched: 0,
    linked: 0,
  });
  const shared = { email_domain: "example.org", contact_source: "IMPORT", fields: {} };
  assert.deepEqual(
    await findAll(
      world,
      "email, email_domain, first_name, sms, external_customer_id as id, fields, contact_source",
    ),
    [
      { ...shared, email: "boris@example.org", first_name: "Boris", sms: "+380671112233", id: "2" },
      {
        ...shared,
        email: "dina@example.com",
        email_domain: "example.com",
        first_name: "Dina again",
        sms: null,
        id: "3",
      },
      { ...shared, email: "vera@example.org", first_name: "Vera", sms: null, id: "6" },
    ],
  );
  const rejects = await world.hub.sql`
    select key, field, reason, rows::int from perigee.import_rejects order by reason`;
  assert.deepEqual([...rejects], [
    { key: "dina@example.com", field: "", reason: "duplicate", rows: 1 },
    { key: "not an address", field: "", reason: "invalid_email", rows: 1 },
    { key: "vera@example.org", field: "sms", reason: "invalid_phone", rows: 1 },
    { key: "", field: "", reason: "no_key", rows: 1 },
  ]);
});

test("a run over an unchanged source reads and writes nothing", async () => {
  const [before] = await world.hub.sql`select count(*)::int as n from perigee.changes_of_contacts`;
  const counts = await importOnce(world, customers);
  assert.equal(counts["read"], 0);
  const [after] = await world.hub.sql`select count(*)::int as n from perigee.changes_of_contacts`;
  assert.deepEqual(after, before);
});

test("only changed rows are read, and equal ones are not written", async () => {
  await world.shop.sql`update customers set last_name = 'unmapped' where id = 2`;
  assert.deepEqual(
    await importOnce(world, customers).then(({ read, updated, unchanged }) => ({
      read,
      updated,
      unchanged,
    })),
    { read: 1, updated: 0, unchanged: 1 },
  );
  await world.shop.sql`update customers set first_name = 'Borys', city = 'Kyiv' where id = 2`;
  const counts = await importOnce(world, customers);
  assert.deepEqual([counts["read"], counts["updated"]], [1, 1]);
  const [boris] = await world.hub.sql`
    select first_name, fields from perigee.contacts where email = 'boris@example.org'`;
  assert.deepEqual({ ...boris }, { first_name: "Borys", fields: { city: "Kyiv" } });
});
