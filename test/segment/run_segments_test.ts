import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { SegmentNode } from "../../src/config/model_segment.ts";
import { claimLease } from "../../src/hub/lease.ts";
import { runSegment, runSegments } from "../../src/segment/run_segment.ts";
import { openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld(`
  create table visits (id integer primary key, email text, city text, spent integer);
  insert into visits
    select i, 'user' || i % 40 || '@example.com', 'city' || i % 7, i % 50
    from generate_series(1, 400) i`);
await world.hub.sql`
  insert into perigee.contacts (email) select 'user' || i || '@example.com' from generate_series(0, 30) i`;
const config = world.config({ sources: new Map([["visits", sourceOf("visits")]]) });

function source(column: string, operator: ConditionOperator, value: unknown): SegmentNode {
  const condition = { column, operator, value, ignoreCase: false, place: "p" };
  return {
    kind: "source",
    source: "visits",
    conditions: [condition],
    count: undefined,
    place: "p",
  };
}

/** More leaves than one scan has bits for. */
const nodes: SegmentNode[] = [
  ...Array.from({ length: 60 }, (_each, index) => source("spent", "equals", index)),
  ...Array.from({ length: 7 }, (_each, index) => source("city", "equals", `city${index}`)),
  { kind: "none", nodes: [source("spent", "<", 25)] },
  { kind: "all", nodes: [source("spent", "<", 5), source("city", "startsWith", "city1")] },
];

async function membersOf(id: number): Promise<string[]> {
  const rows = await world.hub.sql<{ id: string }[]>`
    select contact_id::text as id from perigee.segment_members where segment_id = ${id} order by 1`;
  return rows.map(({ id }) => id);
}

test("many segments in one pass are what they are one by one", async () => {
  const segments = nodes.map((where, index) => segmentOf(`s${index}`, index + 1, where));
  const together = await world.run("segment/all", async (context, deps) => {
    const runs = [];
    for (const segment of segments) {
      const lease = await claimLease(
        deps.hub.sql,
        `segment/${segment.name}`,
        crypto.randomUUID(),
        1,
      );
      assert.ok(lease);
      runs.push({ segment, context: { ...context, lease } });
    }
    return await runSegments(runs, deps);
  }, { config });
  assert.ok(together.some((counts) => (counts["total"] ?? 0) > 0));
  // Bits at both ends of a scan, in a second scan, and sets made of several.
  for (const index of [0, 30, 59, 61, 62, 66, 67, 68]) {
    const where = nodes[index] ?? { kind: "any", nodes: [] };
    const alone = segmentOf(`alone${index}`, 1000 + index, where);
    const counts = await world.run(
      `segment/alone${index}`,
      (context, deps) => runSegment(alone, context, deps),
      { config },
    );
    assert.deepEqual(together[index], counts, `segment ${index}`);
    assert.deepEqual(await membersOf(index + 1), await membersOf(1000 + index));
  }
});

test("when one lease of several is lost, none of the segments changes", async () => {
  const two = [
    segmentOf("x", 2001, source("spent", "<", 9)),
    segmentOf("y", 2002, source("spent", "<", 9)),
  ];
  const running = world.run("segment/x", async (context, deps) => {
    const lost = { ...context.lease, name: "segment/y", fence: "0" };
    const [x, y] = two;
    assert.ok(x && y);
    return await runSegments([{ segment: x, context }, {
      segment: y,
      context: { ...context, lease: lost },
    }], deps);
  }, { config });
  await assert.rejects(running, { code: "PG410" });
  assert.deepEqual([await membersOf(2001), await membersOf(2002)], [[], []]);
});

test("few keys among many contacts are looked up one by one, with the same members", async () => {
  await world.hub.sql`
    insert into perigee.contacts (email) select 'more' || i || '@example.com' from generate_series(1, 2000) i`;
  await world.hub.sql`analyze perigee.contacts`;
  // Addresses from user31 on are no contacts.
  const segment = segmentOf("few", 3001, source("spent", "in", [1, 2, 33]));
  const two = [segment, segmentOf("few_too", 3002, source("spent", "equals", 33))];
  const alone = await world.run(
    "segment/few",
    (context, deps) => runSegment(segment, context, deps),
    { config },
  );
  const [wanted] = await world.hub.sql<{ members: number }[]>`
    select count(*)::int as members from perigee.contacts where email in (
      select 'user' || i % 40 || '@example.com' from generate_series(1, 400) i
      where i % 50 in (1, 2, 33))`;
  assert.equal(alone["total"], wanted?.members);
  assert.ok((alone["unmatched"] ?? 0) > 0);
  const together = await world.run("segment/few", async (context, deps) => {
    const lease = await claimLease(deps.hub.sql, "segment/few_too", crypto.randomUUID(), 60_000);
    assert.ok(lease);
    return await runSegments(
      two.map((each, index) => ({
        segment: each,
        context: index === 0 ? context : { ...context, lease },
      })),
      deps,
    );
  }, { config });
  assert.deepEqual(together[0], { ...alone, entered: 0 });
});
