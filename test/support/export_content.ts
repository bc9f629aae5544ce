import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { type Dataset, datasets } from "../../src/dataset/datasets.ts";

/** How many of the rows that differ are shown. */
const longestList = 5;

/** Every row of a hub's dataset as the text that its exported row must have, ordered by it. */
async function hubRows(sql: Sql, dataset: Dataset): Promise<string[]> {
  const values = dataset.columns.map(({ hubColumn, hubType }) =>
    hubType === "timestamptz" ? `(${hubColumn} at time zone 'UTC')::text` : `${hubColumn}::text`
  );
  return await readRows(sql, values, `perigee.${dataset.hubTable}`);
}

/** Every row of an exported table as text, ordered by it. */
async function exportedRows(sql: Sql, dataset: Dataset): Promise<string[]> {
  const values = dataset.columns.map(({ parameter }) => `"${parameter}"::text`);
  return await readRows(sql, values, `public."${dataset.name}"`);
}

async function readRows(sql: Sql, values: string[], table: string): Promise<string[]> {
  const rows = await sql.unsafe<{ row: string }[]>(
    `select array[${values.join(", ")}]::text as row from ${table} order by 1`,
  );
  return rows.map(({ row }) => row);
}

/** Fails unless each of the nine exported tables has exactly the hub's rows, value for value. */
export async function assertEqualContent(hub: Sql, customer: Sql, what: string): Promise<void> {
  for (const dataset of datasets.values()) {
    const [wanted, found] = [await hubRows(hub, dataset), await exportedRows(customer, dataset)];
    if (found.join() === wanted.join()) continue;
    const [isFound, isWanted] = [new Set(found), new Set(wanted)];
    assert.deepEqual(
      found.filter((row) => !isWanted.has(row)).slice(0, longestList),
      wanted.filter((row) => !isFound.has(row)).slice(0, longestList),
      `${what}: ${dataset.name} differs from the hub: ${found.length} rows, wanted ${wanted.length}`,
    );
    assert.fail(`${what}: ${dataset.name} has a row twice`);
  }
}
