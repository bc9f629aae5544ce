import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { ConditionConfig, SegmentNode } from "../../src/config/model_segment.ts";
import { explainContact } from "../../src/segment/explain_contact.ts";
import { runSegment } from "../../src/segment/run_segment.ts";
import { importOnce, mapTo, mapToField } from "../support/imports.ts";
import { importOf, openWorld, segmentOf, sourceOf } from "../support/world.ts";

/** Ends every kind of literal, identifier and comment, and begins another statement. */
const hostile = `x"'\\); drop table victims; --$$/*`;
const column = `c"'; drop--`;
const quotedTable = `"${hostile.replaceAll('"', '""')}"`;
const quotedColumn = `"${column.replaceAll('"', '""')}"`;

const world = await openWorld(
  `create table victims (id integer);
   create table ${quotedTable} (${quotedColumn} text primary key, value text, tags text[], doc jsonb)`,
  { column, field: { kind: "field", name: hostile } },
);
await world.shop.sql.unsafe(
  `insert into ${quotedTable} values ($1, $1, array[$1], jsonb_build_object($1::text, $1::text))`,
  [hostile],
);
const source = { ...sourceOf("hostile"), table: hostile };
const config = world.config({ sources: new Map([["hostile", source]]) });

async function requireVictims(): Promise<void> {
  assert.equal((await world.shop.sql`select from pg_class where relname = 'victims'`).length, 1);
  assert.equal((await world.hub.sql`select from pg_class where relname = 'contacts'`).length, 1);
}

test("names and values that would end their quotes are names and values", async () => {
  await importOnce(
    world,
    importOf(hostile, hostile, [
      mapTo("firstName", "value"),
      mapTo("lastName", { kind: "constant", value: hostile }),
      mapToField(`${hostile}2`, "value", { policy: "fill_empty" }),
      mapToField(`${hostile}3`, {
        kind: "coalesce",
        values: [{ kind: "constant", value: hostile }],
      }, { nullOverwrites: true }),
    ]),
  );
  const [contact] = await world.hub.sql`
    select contact_id::text as id, first_name, last_name, fields from perigee.contacts`;
  assert.deepEqual(
    { ...contact, id: "" },
    {
      id: "",
      first_name: hostile,
      last_name: hostile,
      fields: { [hostile]: hostile, [`${hostile}2`]: hostile, [`${hostile}3`]: hostile },
    },
  );
  await requireVictims();
});

const conditions: [string, ConditionOperator, unknown][] = [
  ["value", "equals", hostile],
  ["value", "in", [hostile, "y"]],
  ["value", "contains", hostile],
  ["value", "startsWith", hostile],
  ["value", "endsWith", hostile],
  ["value", ">=", hostile],
  ["value", "matches", `^x"'`],
  ["tags", "contains", hostile],
  ["doc", "contains", { [hostile]: hostile }],
  ["doc", "hasKey", hostile],
  [column, "equals", hostile],
];

for (const [index, [name, operator, value]] of conditions.entries()) {
  test(`${operator} on ${index === 10 ? "a hostile column" : name} compares a hostile value`, async () => {
    const condition: ConditionConfig = {
      column: name,
      operator,
      value,
      ignoreCase: false,
      place: hostile,
    };
    const where: SegmentNode = {
      kind: "source",
      source: "hostile",
      conditions: [condition],
      count: undefined,
      place: hostile,
    };
    const inContact: SegmentNode = {
      kind: "contact",
      conditions: [{ ...condition, column: hostile, operator: "equals", value: hostile }],
      place: "p",
    };
    const segment = segmentOf(`${hostile}${index}`, index + 1, {
      kind: "all",
      nodes: [where, inContact],
    });
    const counts = await world.run(
      `segment/${index}`,
      (context, deps) => runSegment(segment, context, deps),
      { config },
    );
    assert.equal(counts["total"], 1);
    const [contact] = await world.hub.sql<{ id: string }[]>`
      select contact_id::text as id from perigee.contacts`;
    const deps = {
      config,
      hub: world.pool,
      hubTarget: world.hub.target,
      connectors: world.connectors,
    };
    const [why] = await explainContact(contact?.id ?? "", [segment], deps, new Date());
    assert.equal(why?.isIn, true);
    await requireVictims();
  });
}

test("SQL of a segment cannot write, nor leave its place", async () => {
  for (
    const sql of [
      "select 'x') as leaf (key); drop table victims; select ('y'",
      "select 'x'; drop table victims",
      "delete from victims returning id::text",
      "select 'x') as leaf (key)) to stdout; drop table victims; copy (select 'y' from (select 1",
      "with gone as (delete from victims returning id) select id::text from gone",
      "select 'x' /* ",
    ]
  ) {
    const segment = segmentOf("sql", 99, { kind: "sql", connector: "shop", sql, place: "p" });
    await assert.rejects(
      world.run("segment/sql", (context, deps) => runSegment(segment, context, deps), { config }),
      { name: "PerigeeError" },
    );
  }
  await requireVictims();
});

test("a type in a cast is nothing but a type", async () => {
  for (const type of ["text); drop table victims; --", "text[] || (select", "pg_catalog.text"]) {
    const value = { kind: "cast", value: { kind: "column", column: "value" }, type } as const;
    await assert.rejects(
      importOnce(world, importOf("cast", hostile, [mapTo("firstName", value)])),
      { code: "PG602" },
    );
  }
  await requireVictims();
});
