import assert from "node:assert/strict";
import { test } from "node:test";
import { cast, findAll, happened, importOnce, mapTo, mapToField } from "../support/imports.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table odd (
    id integer primary key, email text unique, sent text, seen text, score text, notes json,
    height numeric, member boolean, tags text[], updated timestamp);
  insert into odd values
    (1, 'a@example.com', '5', '2026-01-02T03:04:05Z', '7', '{"a": null}', 1.75, true, '{x,y}', '2026-01-01'),
    (2, 'b@example.com', 'five', '2026-02-31', 'x', '{"a": "\\u0000"}', 'NaN', false, '{}', 'infinity'),
    (3, 'c@example.com', '6', null, null, null, null, null, null, null);
  create view odd_view as select * from odd;
  create table lists (
    id integer primary key, email text unique, first_name text, last_name text, city text, age int);
  insert into lists values (1, 'p@example.com', 'New', null, 'Kyiv', null)`);

test("a value that cannot be cast is left out by itself, and typed values arrive the same either way", async () => {
  const mapping = [
    mapTo("totalSent", cast("sent", "integer")),
    mapTo("lastViewedDate", cast("seen", "timestamptz")),
    mapToField("score", cast("score", "integer")),
    mapToField("notes", "notes"),
    mapToField("height", "height"),
    mapToField("member", "member"),
    mapToField("tags", "tags"),
    mapToField("updated", "updated"),
  ];
  const config = importOf("odd", "odd", mapping);
  const counts = await importOnce(world, config);
  assert.deepEqual(happened(counts), { read: 3, inserted: 3, dropped: 4 });
  const rows = await findAll(
    world,
    "email, total_sent as sent, last_viewed_date::text as seen, fields",
  );
  assert.deepEqual(rows, [
    {
      email: "a@example.com",
      sent: 5,
      seen: "2026-01-02 03:04:05+00",
      fields: {
        score: 7,
        notes: { a: null },
        height: 1.75,
        member: true,
        tags: ["x", "y"],
        updated: "2026-01-01T00:00:00",
      },
    },
    {
      email: "b@example.com",
      sent: 0,
      seen: null,
      fields: { height: "NaN", member: false, tags: [], updated: "infinity" },
    },
    { email: "c@example.com", sent: 6, seen: null, fields: {} },
  ]);
  const rejects = await world.hub.sql`
    select key, field, reason from perigee.import_rejects where import_name = 'odd' order by field`;
  assert.deepEqual(rejects.map(({ key, field, reason }) => `${key} ${field} ${reason}`), [
    "b@example.com lastViewedDate invalid_value",
    "b@example.com notes invalid_value",
    "b@example.com score invalid_value",
    "b@example.com totalSent invalid_value",
  ]);
  await world.shop.sql`delete from odd where id = 2`;
  const again = await importOnce(world, { ...config, mode: "full" });
  assert.deepEqual(happened(again), { read: 2, unchanged: 2 });
});

test("a view is compared in full, which is said", async () => {
  const view = importOf("odd_view", "odd_view", [mapToField("height", "height")]);
  await importOnce(world, view);
  world.observations.length = 0;
  const counts = await importOnce(world, view);
  assert.deepEqual(happened(counts), { read: 2, unchanged: 2 });
  const said = world.observations.find(({ kind }) => kind === "resync_needed");
  assert.equal(said?.kind === "resync_needed" ? said.reason : "", "a view has no xmin");
});

test("a query is a source, and no more than one statement", async () => {
  const from = (sql: string) => ({ kind: "query" as const, sql });
  const mapping = [mapTo("firstName", "name")];
  const good = importOf("query", "", mapping, {
    from: from("select 'q@example.com' as email, 'Q' as name -- the end\n;"),
  });
  assert.deepEqual(happened(await importOnce(world, good)), { read: 1, inserted: 1 });
  const bad = importOf("bad", "", mapping, {
    from: from("select 1) as t; drop table odd; select (2"),
  });
  await assert.rejects(importOnce(world, bad));
  const writing = importOf("writing", "", mapping, {
    from: from(
      "with gone as (delete from odd returning email) select email, 'x' as name from gone",
    ),
  });
  await assert.rejects(importOnce(world, writing));
  assert.equal((await world.shop.sql`select from odd`).length, 2);
});

test("a run that finds more rows than allowed names the limit and changes nothing", async () => {
  const capped = importOf("capped", "odd", [mapTo("firstName", "seen")], { maxRows: 1 });
  await assert.rejects(importOnce(world, capped), { code: "PG604" });
  const [row] = await world.hub.sql`
    select count(*)::int as n from perigee.import_cursors where import_name = 'capped'`;
  assert.equal(row?.["n"], 0);
});

test("policies say which value wins, and whether a null may empty one", async () => {
  await world.hub.sql`
    insert into perigee.contacts (email, first_name, last_name, language_code, fields)
    values ('p@example.com', 'Old', 'Kept', '', '{"city": "Lviv", "age": 5, "other": 1}')`;
  const importing = (overrides: Parameters<typeof mapTo>[2]) =>
    importOnce(
      world,
      importOf("lists", "lists", [
        mapTo("firstName", "first_name", overrides),
        mapTo("lastName", "last_name", overrides),
        mapTo("languageCode", { kind: "constant", value: "uk" }, overrides),
        mapToField("city", "city", overrides),
        mapToField("age", "age", overrides),
      ]),
    );
  const state = async () => {
    const [row] = await world.hub.sql`
      select first_name as first, last_name as last, language_code as language, fields
      from perigee.contacts where email = 'p@example.com'`;
    return { ...row };
  };
  await importing({ policy: "never" });
  const untouched = {
    first: "Old",
    last: "Kept",
    language: "",
    fields: { city: "Lviv", age: 5, other: 1 },
  };
  assert.deepEqual(await state(), untouched);
  await importing({ policy: "fill_empty" });
  assert.deepEqual(await state(), { ...untouched, language: "uk" });
  await importing({ policy: "overwrite" });
  const overwritten = {
    first: "New",
    last: "Kept",
    language: "uk",
    fields: { city: "Kyiv", age: 5, other: 1 },
  };
  assert.deepEqual(await state(), overwritten);
  await importing({ policy: "overwrite", nullOverwrites: true });
  assert.deepEqual(await state(), {
    ...overwritten,
    last: null,
    fields: { city: "Kyiv", other: 1 },
  });
});
