import assert from "node:assert/strict";
import { after, test } from "node:test";
import { keyCondition, sourceKeyExpression } from "../../src/connector/contact_key.ts";
import { openTestDatabase } from "../support/database.ts";

const { sql } = await openTestDatabase({ after });

const field = { kind: "externalCustomerId" } as const;

const keys = [
  ...["", " ", "0", "-0", "1", "01", "+1", " 1", "1 ", "-7", "1.0", "1e2", "NaN", "a", "A", "a "],
  ...["9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999"],
  ...["0b0e7bd6-2bd5-4a3c-9d3e-0d8f9a1b2c3d", "0B0E7BD6-2BD5-4A3C-9D3E-0D8F9A1B2C3D"],
  ...["0b0e7bd62bd54a3c9d3e0d8f9a1b2c3d", "{0b0e7bd6-2bd5-4a3c-9d3e-0d8f9a1b2c3d}", "日本", "'"],
];

/** Values of a column by its type: base type's name, type in SQL, values. */
const columns: [string, string, string[]][] = [
  ["text", "text", keys],
  ["varchar", "varchar(60)", keys],
  ["bpchar", "char(5)", ["1", "a", "a ", ""]],
  ["int2", "smallint", ["0", "1", "-7"]],
  ["int4", "integer", ["0", "1", "-7", "2147483647"]],
  ["int8", "bigint", ["0", "1", "-7", "9223372036854775807", "-9223372036854775808"]],
  ["numeric", "numeric", ["1", "1.0", "NaN"]],
  ["uuid", "uuid", ["0b0e7bd6-2bd5-4a3c-9d3e-0d8f9a1b2c3d"]],
];

test("a key is found in its column's own type exactly where its text is the same", async () => {
  for (const [base, type, values] of columns) {
    const table = `keys_of_${base}`;
    await sql.unsafe(`create table ${table} (id ${type})`);
    await sql.unsafe(
      `insert into ${table} select value::${type} from json_array_elements_text($1::text::json) as value
       union all select null`,
      [JSON.stringify(values)],
    );
    const found = await sql.unsafe<{ key: string; exact: number; own: number }[]>(
      `select wanted.key,
         (select count(*)::int from ${table} t where ${
        sourceKeyExpression("t.id", field)
      } = wanted.key) as exact,
         (select count(*)::int from ${table} t where ${
        keyCondition("t.id", base, field, "wanted.key")
      }) as own
       from json_array_elements_text($1::text::json) as wanted (key)`,
      [JSON.stringify(keys)],
    );
    assert.ok(found.some(({ exact }) => exact > 0), type);
    for (const { key, exact, own } of found) assert.equal(own, exact, `${type} ${key}`);
  }
});

test("a plain index serves keys that are compared to the letter", async () => {
  for (const [base, type] of columns) {
    if (base === "bpchar" || base === "numeric") continue;
    const table = `indexed_${base}`;
    await sql.unsafe(`create table ${table} (id ${type}); create index on ${table} (id)`).simple();
    const plan = await sql.begin(async (tx) => {
      await tx`set local enable_seqscan = off`;
      return await tx.unsafe<{ "QUERY PLAN": string }[]>(
        `explain (costs off) select 1 from ${table} t, (values ('1'), ('2')) as wanted (key)
         where ${keyCondition("t.id", base, field, "wanted.key")}`,
      );
    });
    assert.ok(plan.some((row) => row["QUERY PLAN"].includes("Index Cond:")), type);
  }
});
