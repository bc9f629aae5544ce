import assert from "node:assert/strict";
import { test } from "node:test";

import { findColumns, findKeyColumns } from "../../src/postgres/catalog.ts";
import { openTestDatabase } from "../support/database.ts";

const setup = `
  create schema "My Schema";
  create domain code as varchar(8) not null;
  create domain short_code as code check (length(value) < 5);
  create type mood as enum ('glad');
  create table "My Schema"."Odd.Table" (
    "b" numeric(10, 2)[],
    gone integer,
    "Key 2" timestamptz not null,
    key1 bigint not null,
    short short_code,
    feeling mood,
    twice bigint generated always as (key1 * 2) stored,
    primary key ("Key 2", key1) include (short)
  );
  alter table "My Schema"."Odd.Table" drop column gone;
  create view v as select key1, feeling from "My Schema"."Odd.Table";
  create materialized view m as select 1 as one;
  create table parts (id integer) partition by range (id);
  create table empty ();`;

test("columns have their names, types, domains and nullability in the table's order", async (t) => {
  const { sql } = await openTestDatabase(t, setup);
  const columns = await findColumns(sql, "My Schema", "Odd.Table") ?? [];
  const short = columns.map(({ name, type, typeName, baseTypeName, isNullable, position }) =>
    [name, type, typeName, baseTypeName, isNullable, position].join("|")
  );
  assert.deepEqual(short, [
    "b|numeric(10,2)[]|_numeric|_numeric|true|1",
    "Key 2|timestamp with time zone|timestamptz|timestamptz|false|3",
    "key1|bigint|int8|int8|false|4",
    "short|short_code|short_code|varchar|true|5",
    "feeling|mood|mood|mood|true|6",
    "twice|bigint|int8|int8|true|7",
  ]);
  assert.deepEqual(columns.map(({ isArray }) => isArray), [true, ...Array(5).fill(false)]);
  assert.deepEqual(columns.map(({ typeCategory }) => typeCategory), ["A", "D", "N", "S", "E", "N"]);
  assert.deepEqual(columns.filter((one) => one.isGenerated).map(({ name }) => name), ["twice"]);
});

test("views, materialized views and partitioned tables have columns, too", async (t) => {
  const { sql } = await openTestDatabase(t, setup);
  const names = async (table: string) =>
    (await findColumns(sql, "public", table))?.map(({ name }) => name);
  assert.deepEqual(await names("v"), ["key1", "feeling"]);
  assert.deepEqual(await names("m"), ["one"]);
  assert.deepEqual(await names("parts"), ["id"]);
  assert.deepEqual(await names("empty"), []);
});

test("what is no table has no columns: an absent name, an index, a sequence", async (t) => {
  const { sql } = await openTestDatabase(t, `${setup}; create sequence counter`);
  for (const table of ["absent", "Odd.Table_pkey", "counter", "V"]) {
    assert.equal(await findColumns(sql, "public", table), undefined, table);
  }
  assert.equal(await findColumns(sql, "nowhere", "v"), undefined);
});

test("key columns come in the key's order, without the included ones", async (t) => {
  const { sql } = await openTestDatabase(t, setup);
  assert.deepEqual(await findKeyColumns(sql, "My Schema", "Odd.Table"), ["Key 2", "key1"]);
  assert.deepEqual(await findKeyColumns(sql, "public", "v"), []);
  assert.deepEqual(await findKeyColumns(sql, "public", "absent"), []);
});
