import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatasetName } from "../../src/dataset/datasets.ts";
import { type KeptChanges, pruneChanges, type Pruned } from "../../src/hub/change_log.ts";
import { type ExportFixture, joinExport, openExport } from "../support/export_fixture.ts";
import { openTestDatabase } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";

const people: readonly DatasetName[] = ["contacts"];

async function logRows({ hub }: ExportFixture): Promise<number> {
  const [row] = await hub.sql<{ count: number }[]>`
    select count(*)::integer as count from perigee.changes_of_contacts`;
  return row?.count ?? 0;
}

/**
 * Prunes until `left` rows of the log are there, and answers the sums. What other databases of the
 * server have under way keeps changes back for a while.
 */
async function pruneTo(left: number, fixture: ExportFixture, kept: KeptChanges): Promise<Pruned> {
  const sum: { deleted: number; cutOff: Pruned["cutOff"][number][] } = { deleted: 0, cutOff: [] };
  await waitFor(`a log of ${left} rows`, async () => {
    const { deleted, cutOff } = await pruneChanges(fixture.hub.sql, kept);
    sum.deleted += deleted;
    sum.cutOff.push(...cutOff);
    return await logRows(fixture) === left ? true : undefined;
  });
  return sum;
}

function add(count: number): string {
  return `insert into perigee.contacts (email)
    select gen_random_uuid() || '@example.com' from generate_series(1, ${count})`;
}

test("the change log is pruned behind the slowest export and no further", async (t) => {
  const fast = await openExport(t, { name: "fast", datasets: people });
  const slow = joinExport(t, fast.hub, await openTestDatabase(t), {
    name: "slow",
    datasets: people,
  });
  await fast.run();
  await slow.run();
  await fast.hub.sql.unsafe(add(10));
  await fast.run();
  const exports = new Map([["fast", people], ["slow", people]]);
  await pruneChanges(fast.hub.sql, { exports, maxRows: 1_000 });
  assert.equal(await logRows(fast), 10);
  const slowCounts = await slow.run();
  assert.equal(slowCounts["written"], 10);
  const pruned = await pruneTo(0, fast, { exports, maxRows: 1_000 });
  assert.deepEqual(pruned, { deleted: 10, cutOff: [] });
  await fast.hub.sql.unsafe(add(1));
  assert.equal((await fast.run())["read"], 1);
  assert.equal((await slow.run())["read"], 1);
});

test("an export behind the limit of the log is cut off, told, and resyncs in full", async (t) => {
  const fixture = await openExport(t, { datasets: people });
  await fixture.hub.sql.unsafe(add(5));
  await fixture.run();
  await fixture.hub.sql.unsafe(add(50));
  await fixture.hub.sql`delete from perigee.contacts where contact_id = 1`;
  const kept = { exports: new Map([["shop", people]]), maxRows: 20 };
  const pruned = await pruneTo(0, fixture, kept);
  assert.deepEqual(pruned.cutOff, [{ exportName: "shop", dataset: "contacts" }]);
  const counts = await fixture.run();
  assert.deepEqual([counts["written"], counts["deleted"]], [50, 1]);
  const said = fixture.observations.filter(({ kind }) => kind === "resync_needed");
  assert.deepEqual(said.map((each) => "reason" in each && each.reason), [
    "the export fell further behind than the change log is kept",
  ]);
  assert.deepEqual((await pruneChanges(fixture.hub.sql, kept)).cutOff, []);
});

test("an export that is no longer configured keeps no changes back", async (t) => {
  const fixture = await openExport(t, { datasets: people });
  await fixture.run();
  await fixture.hub.sql.unsafe(add(10));
  const { deleted } = await pruneTo(0, fixture, { exports: new Map(), maxRows: 1_000 });
  assert.equal(deleted, 10);
});

test("pruning by two daemons at once keeps what a running writer will commit", async (t) => {
  const fixture = await openExport(t, { datasets: people });
  await fixture.run();
  const writer = await fixture.hub.sql.reserve();
  await writer`begin`;
  await writer.unsafe(add(3));
  await fixture.hub.sql.unsafe(add(7));
  await fixture.run();
  const kept = { exports: new Map([["shop", people]]), maxRows: 1_000 };
  await Promise.all([
    pruneChanges(fixture.deps.hub.sql, kept),
    pruneChanges(fixture.deps.hub.sql, kept),
  ]);
  await writer`commit`;
  writer.release();
  assert.equal((await fixture.run())["written"], 3);
});
