import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { ConditionConfig, SegmentNode } from "../../src/config/model_segment.ts";
import { checkSegment } from "../../src/segment/check_segment.ts";
import { explainContact } from "../../src/segment/explain_contact.ts";
import { sampleSegment } from "../../src/segment/sample_segment.ts";
import { segmentSql } from "../../src/segment/segment_sql.ts";
import { openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld(`
  create type tier as enum ('gold', 'silver');
  create table promo_codes (
    id integer primary key, email text unique, tier tier, birthday date, spent numeric, place point);
  insert into promo_codes
    select i, 'user' || i || '@example.com', 'gold', date '1990-01-01' + i, i, null
    from generate_series(1, 200000) i;
  analyze promo_codes`);
await world.hub.sql`
  insert into perigee.contacts (email, language_code)
  select 'user' || i || '@example.com', 'uk' from generate_series(0, 40) i`;

const now = new Date("2026-01-05T10:00:00Z");
const sources = new Map([["promo_codes", sourceOf("promo_codes")], ["gone", sourceOf("gone", 2)]]);
const config = world.config({ sources });
const deps = { config, hub: world.pool, hubTarget: world.hub.target, connectors: world.connectors };

function where(column: string, operator: ConditionOperator, value: unknown): ConditionConfig {
  return { column, operator, value, ignoreCase: false, place: `x.yaml:1:1 ${column}` };
}

function source(name: string, ...conditions: ConditionConfig[]): SegmentNode {
  return {
    kind: "source",
    source: name,
    conditions,
    count: undefined,
    place: `x.yaml:1:1 ${name}`,
  };
}

test("a check tells everything that is wrong at once", async () => {
  const sql = (text: string): SegmentNode => ({
    kind: "sql",
    connector: "shop",
    sql: text,
    place: `sql ${text}`,
  });
  const segment = segmentOf("bad", 1, {
    kind: "any",
    nodes: [
      source(
        "promo_codes",
        where("brithday", "today", true),
        where("spent", "startsWith", "1"),
        where("place", "isNull", true),
      ),
      source("gone"),
      source("promo_codes", where("tier", "matches", "(")),
      sql("select 1; select 2"),
      sql("select email, id from promo_codes"),
      sql("select 1) as leaf (key); drop table promo_codes; select (1"),
    ],
  });
  const problems = await checkSegment(segment, deps, now);
  assert.deepEqual(problems.map(({ code }) => code), [
    "PG621",
    "PG620",
    "PG620",
    "PG621",
    "PG240",
    "PG623",
    "PG623",
    "PG623",
  ]);
  assert.match(problems[0]?.message ?? "", /has no column brithday.*birthday/);
});

test("a check warns of a scan of a large table, and not where an index serves", async () => {
  const scanning = segmentOf("scan", 2, source("promo_codes", where("spent", "equals", 7)));
  assert.deepEqual(
    (await checkSegment(scanning, deps, now)).map(({ code, severity }) => [code, severity]),
    [["PG624", "warning"]],
  );
  const indexed = segmentOf("index", 3, source("promo_codes", where("id", "equals", 7)));
  assert.deepEqual(await checkSegment(indexed, deps, now), []);
});

test("a sample counts and lists members, and stores nothing", async () => {
  const segment = segmentOf("sample", 4, source("promo_codes", where("spent", "<=", 50)));
  const { signal } = new AbortController();
  const sample = await sampleSegment(segment, deps, { now, limit: 2, signal });
  assert.deepEqual([sample.total, sample.unmatched], [40, 10]);
  assert.deepEqual(sample.contacts.map(({ email }) => email), [
    "user1@example.com",
    "user2@example.com",
  ]);
  const [row] = await world.hub.sql`select count(*)::int as n from perigee.segment_members`;
  assert.equal(row?.["n"], 0);
});

test("the SQL of a segment can be read, with its moment in it", async () => {
  const segment = segmentOf("sql", 5, source("promo_codes", where("birthday", "today", true)));
  const { leaves, members } = await segmentSql(segment, deps, now);
  assert.match(leaves[0]?.statement ?? "", /t\."birthday" = date '2026-01-05'/);
  assert.match(members, /leaf = 1/);
});

test("an explanation says leaf by leaf why a contact is in or out", async () => {
  const [contact] = await world.hub.sql<{ id: string }[]>`
    select contact_id::text as id from perigee.contacts where email = 'user5@example.com'`;
  const segment = segmentOf("why", 6, {
    kind: "all",
    nodes: [
      source("promo_codes", where("spent", "equals", 5), where("tier", "equals", "silver")),
      { kind: "contact", conditions: [where("languageCode", "equals", "uk")], place: "c" },
      {
        kind: "none",
        nodes: [{ kind: "sql", connector: "shop", sql: "select 'USER5@example.com'", place: "s" }],
      },
    ],
  });
  const [why] = await explainContact(contact?.id ?? "", [segment], deps, now);
  assert.equal(why?.isIn, false);
  const [promo, contactLeaf, none] = why?.where.nodes ?? [];
  assert.deepEqual(promo?.rows, { meeting: 0, all: 1 });
  assert.deepEqual(promo?.conditions.map(({ meets }) => meets), [1, 0]);
  assert.deepEqual([promo?.holds, contactLeaf?.holds, none?.holds, none?.nodes[0]?.holds], [
    false,
    true,
    false,
    true,
  ]);
});
