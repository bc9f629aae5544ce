import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { Config } from "../../src/config/model.ts";
import type {
  ConditionConfig,
  SegmentConfig,
  SegmentNode,
} from "../../src/config/model_segment.ts";
import { runSegment } from "../../src/segment/run_segment.ts";
import { openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld(`
  create table promo_codes (
    id integer primary key, email text, name text, birthday timestamp, promo_code text);
  insert into promo_codes values
    (2, 'kozak@example.com', 'Dina Kozak', '2020-09-02', 'AAAA-BBBB-DDDD'),
    (3, ' ANNA@example.com', 'Anna', '1990-09-02', 'A'),
    (4, 'anna@example.com', 'Anna', '1990-01-01', 'B'),
    (5, 'boris@example.org', 'Boris', null, 'C'),
    (6, 'nobody@example.org', 'Nobody', '1980-09-02', 'D'),
    (7, null, 'Keyless', '1980-09-02', 'E');
  create table spellings (email text primary key, name text);
  insert into spellings values ('ANNA@example.com', 'a'), ('anna@example.com', 'b'),
    ('boris@example.org', 'c')`);
await world.hub.sql`
  insert into perigee.contacts (email, language_code, fields) values
    ('Kozak@example.com', 'uk', '{}'), ('anna@example.com', 'en', '{"city": "Lviv"}'),
    ('boris@example.org', 'uk', '{"city": null}'), ('lonely@example.org', 'uk', '{}')`;

const sources = new Map(
  ["promo_codes", "spellings"].map((name) => [name, sourceOf(name)] as const),
);

function where(column: string, operator: ConditionOperator, value: unknown): ConditionConfig {
  return { column, operator, value, ignoreCase: false, place: "test.yaml:1:1" };
}

function source(...conditions: ConditionConfig[]): SegmentNode {
  return { kind: "source", source: "promo_codes", conditions, count: undefined, place: "p:1:1" };
}

async function evaluate(segment: SegmentConfig, at: string, more: Partial<Config> = {}) {
  const segments = new Map([...(more.segments ?? []), [segment.name, segment] as const]);
  const config = world.config({ sources, ...more, segments });
  const counts = await world.run(
    `segment/${segment.name}`,
    (context, deps) => runSegment(segment, context, deps),
    { at: new Date(at), config },
  );
  return { counts, members: await membersOf(segment.id) };
}

async function membersOf(id: number): Promise<string[]> {
  const rows = await world.hub.sql<{ name: string }[]>`
    select split_part(lower(c.email), '@', 1) as name from perigee.segment_members m
    join perigee.contacts c using (contact_id) where m.segment_id = ${id} order by 1`;
  return rows.map(({ name }) => name);
}

const birthday = source(where("birthday", "anniversary", { offsetDays: 0 }));

test("a segment holds the contacts with a row that meets the conditions", async () => {
  const segment = segmentOf("birthday", 1, birthday);
  const { counts, members } = await evaluate(segment, "2026-09-02T09:00:00Z");
  assert.deepEqual(members, ["anna", "kozak"]);
  assert.deepEqual(counts, { entered: 2, left: 0, total: 2, unmatched: 1 });
});

test("a contact that a source has in two spellings is in once", async () => {
  const spelt: SegmentNode = {
    kind: "source",
    source: "spellings",
    conditions: [],
    count: undefined,
    place: "p:1:1",
  };
  for (const [id, node] of [[11, spelt], [12, { kind: "any", nodes: [spelt, spelt] }]] as const) {
    const segment = segmentOf(`spelt${id}`, id, node);
    const { counts, members } = await evaluate(segment, "2026-09-02T09:00:00Z");
    assert.deepEqual(counts, { entered: 2, left: 0, total: 2, unmatched: 0 });
    assert.deepEqual(members, ["anna", "boris"]);
    const again = await evaluate(segment, "2026-09-02T09:00:00Z");
    assert.deepEqual(again.counts, { entered: 0, left: 0, total: 2, unmatched: 0 });
  }
});

test("who stays in keeps the moment of entering, who leaves is counted", async () => {
  const segment = segmentOf("moving", 2, source(where("promo_code", "in", ["A", "C"])));
  await evaluate(segment, "2026-09-02T09:00:00Z");
  const changed = segmentOf(
    "moving",
    2,
    source(where("promo_code", "in", ["A", "AAAA-BBBB-DDDD"])),
  );
  const { counts, members } = await evaluate(changed, "2026-09-03T09:00:00Z");
  assert.deepEqual(members, ["anna", "kozak"]);
  assert.deepEqual(counts, { entered: 1, left: 1, total: 2, unmatched: 0 });
  const rows = await world.hub.sql<{ at: string }[]>`
    select to_char(entered_at at time zone 'UTC', 'DD') as at
    from perigee.segment_members where segment_id = 2 order by 1`;
  assert.deepEqual(rows.map(({ at }) => at), ["02", "03"]);
});

test("conditions of one source hold on the same row", async () => {
  const sameRow = source(
    where("birthday", "anniversary", { offsetDays: 0 }),
    where("promo_code", "equals", "B"),
  );
  assert.deepEqual(
    (await evaluate(segmentOf("same", 3, sameRow), "2026-09-02T09:00:00Z")).members,
    [],
  );
  const anyRow: SegmentNode = {
    kind: "all",
    nodes: [birthday, source(where("promo_code", "equals", "B"))],
  };
  assert.deepEqual((await evaluate(segmentOf("any", 4, anyRow), "2026-09-02T09:00:00Z")).members, [
    "anna",
  ]);
});

test("none holds every contact without such a row, exclude takes away", async () => {
  const none: SegmentNode = { kind: "none", nodes: [birthday] };
  const at = "2026-09-02T09:00:00Z";
  assert.deepEqual((await evaluate(segmentOf("none", 5, none), at)).members, ["boris", "lonely"]);
  const anyone = source();
  const less = segmentOf("less", 6, anyone, { exclude: birthday });
  assert.deepEqual((await evaluate(less, at)).members, ["boris"]);
});

test("count compares the rows of a contact, none of them being 0", async () => {
  const at = "2026-09-02T09:00:00Z";
  const counted = (operator: "=" | "<" | ">=", value: number): SegmentNode => ({
    kind: "source",
    source: "promo_codes",
    conditions: [],
    count: { operator, value },
    place: "p:1:1",
  });
  assert.deepEqual((await evaluate(segmentOf("two", 7, counted(">=", 2)), at)).members, ["anna"]);
  assert.deepEqual((await evaluate(segmentOf("zero", 8, counted("=", 0)), at)).members, ["lonely"]);
  assert.deepEqual((await evaluate(segmentOf("few", 9, counted("<", 2)), at)).members, [
    "boris",
    "kozak",
    "lonely",
  ]);
});

test("contact fields, datasets, other segments and SQL are leaves too", async () => {
  const at = "2026-09-02T09:00:00Z";
  await world.hub.sql`
    insert into perigee.orders (contact_id, total_cost, order_date)
    select contact_id, 60, '2026-08-20' from perigee.contacts, generate_series(1, 2)
    where email in ('boris@example.org', 'lonely@example.org')`;
  const city: SegmentNode = {
    kind: "contact",
    conditions: [where("city", "equals", "Lviv")],
    place: "p",
  };
  assert.deepEqual((await evaluate(segmentOf("city", 10, city), at)).members, ["anna"]);
  const spent: SegmentNode = {
    kind: "dataset",
    dataset: "orders",
    conditions: [where("orderDate", "inLast", { amount: 30, unit: "days" })],
    count: undefined,
    sum: { column: "totalCost", compare: { operator: ">", value: 100 } },
    place: "p",
  };
  assert.deepEqual((await evaluate(segmentOf("spent", 11, spent), at)).members, [
    "boris",
    "lonely",
  ]);
  const both = segmentOf("both", 12, { kind: "segment", segment: "spent", place: "p" });
  const segments = new Map([["spent", segmentOf("spent", 11, spent)]]);
  assert.deepEqual((await evaluate(both, at, { segments })).members, ["boris", "lonely"]);
  const sql: SegmentNode = {
    kind: "sql",
    connector: "shop",
    sql: "select email from promo_codes where id = 5; -- the end",
    place: "p",
  };
  await assert.rejects(evaluate(segmentOf("sql", 13, sql), at), { code: "PG623" });
  const one = { ...sql, sql: "select email from promo_codes where id = 5 ; " };
  assert.deepEqual((await evaluate(segmentOf("sql", 13, one), at)).members, ["boris"]);
});
