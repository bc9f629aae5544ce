import assert from "node:assert/strict";
import { test } from "node:test";
import { requireDataset } from "../../src/dataset/datasets.ts";
import { touchedKeys, windowRowsQuery } from "../../src/hub/dataset_rows.ts";
import { openTestHub } from "../support/database.ts";

test("a small window of a long log that was never analysed is read by indexes alone", async (t) => {
  const { sql } = await openTestHub(t);
  const dataset = requireDataset("contacts");
  await sql`alter table perigee.changes_of_contacts set (autovacuum_enabled = off)`;
  await sql`insert into perigee.contacts (contact_id) select i from generate_series(1, 60000) as i`;
  await sql`analyze perigee.contacts`;
  const [row] = await sql<{ snapshot: string }[]>`select pg_current_snapshot()::text as snapshot`;
  await sql`update perigee.contacts set first_name = 'x' where contact_id = 7`;
  const window = { snapshot: row?.snapshot ?? "", atMost: 101 };
  for (
    const query of [
      touchedKeys(dataset, window),
      windowRowsQuery({ dataset, limits: new Map() }, window),
    ]
  ) {
    const plan = await sql.unsafe<{ "QUERY PLAN": string }[]>(`explain ${query}`);
    const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
    assert.doesNotMatch(text, /Seq Scan/, text);
  }
});
