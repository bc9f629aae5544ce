import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { datasets } from "../../src/dataset/datasets.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { copyInto } from "../../src/postgres/copy_stream.ts";
import { openTestHub } from "../support/database.ts";

const document = await readFile(new URL("../../docs/hub.md", import.meta.url), "utf8");
const examples = [...document.matchAll(/```sql\n([^]*?)```/g)].map(([, sql = ""]) => sql);

test("the examples of docs/hub.md run as they stand, as the role that they create", async (t) => {
  const hub = await openTestHub(t);
  const role = `${hub.target.database}_tool`;
  const connection = await openConnection(hub.target);
  t.after(() => connection.destroy());
  try {
    for (const example of examples) {
      // Roles belong to the whole cluster, so that this test's must have a name of its own.
      const sql = example.replaceAll("campaign_tool", role);
      if (/^copy /m.test(sql)) {
        await copyInto({ chunks: noRows(), to: connection, write: sql.trim().replace(/;$/, "") });
      } else await connection.sql.unsafe(sql).simple();
      if (sql.startsWith("create role")) await connection.sql.unsafe(`set role "${role}"`);
    }
    for (const { hubTable } of datasets.values()) {
      const [row] = await hub.sql.unsafe<{ count: number }[]>(
        `select count(*)::integer as count from perigee.${hubTable}`,
      );
      assert.ok((row?.count ?? 0) > 0, `no example added a row to ${hubTable}`);
    }
    const [order] = await hub.sql<{ status: string; cost: string }[]>`
      select orders.status, revenue.total_cost as cost from perigee.orders
      join perigee.revenue using (external_order_id)`;
    assert.deepEqual({ ...order }, { status: "DELIVERED", cost: "61.00" });
  } finally {
    await connection.end();
    await hub.sql.unsafe(`drop owned by "${role}" cascade; drop role "${role}"`).simple();
  }
});

async function* noRows(): AsyncGenerator<Uint8Array> {}
