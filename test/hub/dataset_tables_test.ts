import assert from "node:assert/strict";
import test from "node:test";
import { datasets } from "../../src/dataset/datasets.ts";
import { findColumns, findKeyColumns } from "../../src/postgres/catalog.ts";
import { openTestHub } from "../support/database.ts";

/** What the hub has beside the documented parameters. */
const ownColumns: Readonly<Record<string, readonly string[]>> = {
  contacts: ["fields"],
  events: ["trigger_name", "scheduled_at"],
};

const typeNames: Readonly<Record<string, string>> = { timestamptz: "timestamp with time zone" };

test("the nine tables have the documented columns with their types, and their keys", async (t) => {
  const { sql } = await openTestHub(t);
  for (const { hubTable, columns, key } of datasets.values()) {
    const found = await findColumns(sql, "perigee", hubTable) ?? [];
    const wanted = columns.map(({ hubColumn, hubType }) =>
      `${hubColumn} ${typeNames[hubType] ?? hubType}`
    );
    const own = ownColumns[hubTable] ?? [];
    const documented = found.filter(({ name }) => !own.includes(name));
    assert.deepEqual(
      documented.map(({ name, type }) => `${name} ${type}`).sort(),
      wanted.sort(),
      hubTable,
    );
    assert.deepEqual(
      await findKeyColumns(sql, "perigee", hubTable),
      key.map(({ hubColumn }) => hubColumn),
    );
  }
});

test("every table of the hub is described, and every column of a dataset", async (t) => {
  const { sql } = await openTestHub(t);
  const names = [...datasets.values()].map(({ hubTable }) => hubTable);
  const silent = await sql<{ name: string }[]>`
    select c.relname || coalesce('.' || a.attname, '') as name
    from pg_class c
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and c.relname in (select json_array_elements_text(${JSON.stringify(names)}::text::json))
    where c.relnamespace = 'perigee'::regnamespace and c.relkind in ('r', 'p', 'v')
      and (obj_description(c.oid, 'pg_class') is null
        or a.attname is not null and col_description(c.oid, a.attnum) is null)`;
  assert.deepEqual(silent.map(({ name }) => name), []);
});
