import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { SegmentNode } from "../../src/config/model_segment.ts";
import type { RunCause } from "../../src/hub/run.ts";
import { SegmentBatches } from "../../src/schedule/segment_batches.ts";
import { happened } from "../support/imports.ts";
import { openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld(`
  create table visits (id integer primary key, email text, spent integer);
  insert into visits select i, 'user' || i || '@example.com', i from generate_series(1, 100) i`);
await world.hub.sql`
  insert into perigee.contacts (email)
  select 'user' || i || '@example.com' from generate_series(1, 100) i`;

function spent(operator: ConditionOperator, value: unknown, column = "spent"): SegmentNode {
  const condition = { column, operator, value, ignoreCase: false, place: "p" };
  return {
    kind: "source",
    source: "visits",
    conditions: [condition],
    count: undefined,
    place: "p",
  };
}

/** Runs all segments at once as the schedule does, each under a lease of its own. */
async function runAll(
  nodes: readonly SegmentNode[],
  firstId: number,
  cause: RunCause,
  at = new Date(),
) {
  const segments = nodes.map((where, index) => segmentOf(`s${index}`, firstId + index, where));
  const config = world.config({
    sources: new Map([["visits", sourceOf("visits")]]),
    segments: new Map(segments.map((segment) => [segment.name, segment])),
  });
  const { pool, hub, connectors } = world;
  const batches = new SegmentBatches({ config, hub: pool, hubTarget: hub.target, connectors });
  const outcomes = await Promise.allSettled(segments.map((segment) =>
    world.run(
      `segment/${segment.name}`,
      (context) => batches.run(segment, { ...context, cause }),
      { at, config },
    )
  ));
  const transactions = await hub.sql<{ id: number; xid: string }[]>`
    select distinct segment_id as id, xmin::text as xid from perigee.segment_members
    where segment_id >= ${firstId} and segment_id < ${firstId + 100} order by 1`;
  return { outcomes, transactions: new Set(transactions.map(({ xid }) => xid)).size };
}

const good = [spent("<=", 10), spent(">", 90), spent("between", [40, 59])];

test("segments that are due at the same time are evaluated together", async () => {
  for (const cause of ["schedule", "notify"] as const) {
    const { outcomes, transactions } = await runAll(good, cause === "notify" ? 100 : 200, cause);
    assert.deepEqual(
      outcomes.map((each) => each.status === "fulfilled" ? happened(each.value) : each.reason),
      [{ entered: 10, total: 10 }, { entered: 10, total: 10 }, { entered: 20, total: 20 }],
    );
    assert.equal(transactions, 1, cause);
  }
});

test("a broken segment fails alone, and the others of its batch are evaluated", async () => {
  const nodes = [good[0], spent("<", 5, "gone"), good[1]].filter((node) => node !== undefined);
  const { outcomes, transactions } = await runAll(nodes, 300, "schedule");
  assert.deepEqual(
    outcomes.map((each) => each.status === "fulfilled" ? each.value["total"] : each.reason.code),
    [10, "PG621", 10],
  );
  assert.equal(transactions, 2);
});

test("a run by hand waits for no other", async () => {
  const { outcomes, transactions } = await runAll(good, 400, "command");
  assert.ok(outcomes.every(({ status }) => status === "fulfilled"));
  assert.equal(transactions, 3);
});
