import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { SourceTable } from "../../src/import/source_table.ts";
import { planWindow } from "../../src/import/source_window.ts";
import { openTestDatabase } from "../support/database.ts";

const { sql } = await openTestDatabase({ after });

/** Ids given out before a server's 32 bits ran over for the n-th time. */
const epochOf = (epoch: number) => BigInt(epoch) << 32n;

function conditionOf(oldest: bigint, end: bigint, hashesLists: boolean): string {
  const table: SourceTable = {
    from: "t",
    columns: new Map(),
    primaryKey: [],
    uniqueColumns: new Set(),
    windowObstacle: undefined,
    identity: "one",
    isStandby: false,
    hashesLists,
  };
  const last = {
    fingerprint: "same",
    sourceIdentity: "one",
    snapshot: `${oldest}:${oldest}:`,
    history: [],
    hasDuplicates: false,
  };
  const position = { snapshot: `${end}:${end}:`, end, cursorValue: undefined };
  const window = planWindow(table, position, last, "same", undefined);
  if (window.kind === "full") throw new Error(window.reason);
  return window.condition;
}

/** Those of `ids` whose rows the condition reads; a row keeps the lower 32 bits of its id. */
async function readOf(condition: string, ids: readonly bigint[]): Promise<bigint[]> {
  const rows = ids.map((id) => `('${id}', '${id & 0xffff_ffffn}'::xid)`).join(", ");
  const read = await sql.unsafe<{ id: string }[]>(
    `select id from (values ${rows}) as t (id, xmin) where ${condition}`,
  );
  return read.map(({ id }) => BigInt(id));
}

/** Where the server stands in its 32 bits, which `age()` starts from. */
async function nextId(): Promise<bigint> {
  const [row] = await sql<{ xmax: string }[]>`
    select pg_snapshot_xmax(pg_current_snapshot())::text as xmax`;
  return BigInt(row?.xmax ?? 0) & 0xffff_ffffn;
}

for (const hashesLists of [true, false]) {
  const how = hashesLists ? "a list of ids" : "their age";
  for (const epoch of [0, 1, 5]) {
    test(`rows are told by ${how} within epoch ${epoch}`, async () => {
      const end = epochOf(epoch) + await nextId();
      const oldest = end - 20n;
      const fresh = [oldest, oldest + 1n, end - 2n, end - 1n];
      const seen = [oldest - 1n, oldest - 30n, epochOf(epoch) + 3n];
      assert.deepEqual(await readOf(conditionOf(oldest, end, hashesLists), [...fresh, ...seen]), [
        ...fresh,
      ]);
    });
  }

  test(`rows are told by ${how} where the ids began anew since the last run`, async () => {
    const next = await nextId();
    for (const epoch of [1, 5]) {
      const end = epochOf(epoch) + next;
      const oldest = epochOf(epoch) - 5n;
      const fresh = [oldest, epochOf(epoch) - 1n, epochOf(epoch) + 3n, end - 1n];
      // The last of them had its 32 bits after the newest one, in the epoch before.
      const seen = [oldest - 1n, oldest - 1_000_000n, epochOf(epoch - 1) + next + 1n];
      assert.deepEqual(await readOf(conditionOf(oldest, end, hashesLists), [...fresh, ...seen]), [
        ...fresh,
      ]);
    }
  });
}

test("rows older than every transaction are never read by their age", async () => {
  const end = epochOf(2) + await nextId();
  assert.deepEqual(await readOf(conditionOf(epochOf(2) - 1n, end, false), [1n, 2n]), []);
});
