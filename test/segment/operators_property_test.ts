import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import type { SourceConfig } from "../../src/config/model.ts";
import type { ConditionConfig } from "../../src/config/model_segment.ts";
import { comparisonOf, conditionSql } from "../../src/segment/condition_sql.ts";
import { columnOperand } from "../../src/segment/operand.ts";
import type { RemoteLeaf } from "../../src/segment/plan_segments.ts";
import { type ScanPart, sharedStatement } from "../../src/segment/shared_scan.ts";
import { openZone } from "../../src/segment/zone.ts";
import { openTestDatabase } from "../support/database.ts";
import { addressOf, emptyConfig, sourceOf } from "../support/world.ts";
import { columns, edges, momentsAround, written, zones } from "./operator_cases.ts";
import { meets } from "./operator_model.ts";

const database = await openTestDatabase({ after });

for (const [type, column] of Object.entries(columns)) {
  test(`conditions on ${type} mean the same in SQL as in the model`, async () => {
    const given = fc.constantFrom(...edges).chain((edge) => {
      const [values, conditions] = typeof column === "function" ? column(edge) : column;
      return fc.record({
        values: fc.array(values, { minLength: 1, maxLength: 8 }),
        conditions: fc.array(conditions, { minLength: 1, maxLength: 8 }),
        now: momentsAround(edge),
        zone: fc.constantFrom(...zones),
      });
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ values, conditions, now, zone }) => {
        const operand = columnOperand("t.value", type, false, zone);
        assert.ok(operand);
        const moment = { nowMs: now, zone: openZone(zone) };
        const sql = conditions.map((each) =>
          `(${conditionSql({ ...each, column: "value", place: "p" }, operand, moment)}) is true`
        );
        const rows = await database.sql.unsafe<{ answers: string }[]>(
          `select array[${sql.join(", ")}]::text as answers
           from json_array_elements_text($1::text::json) with ordinality as given (written, place),
             lateral (select given.written::${type} as value) as t order by given.place`,
          [JSON.stringify(values.map(written))],
        );
        const expected = values.map((value) =>
          `{${conditions.map((each) => meets(each, value, now, zone) ? "t" : "f").join(",")}}`
        );
        assert.deepEqual(rows.map(({ answers }) => answers), expected);
      }),
      { numRuns: 100 },
    );
  });
}

/** A configuration whose source `given` has its key in the column `place`. */
function configWith(source: SourceConfig) {
  const connector = {
    name: "shop",
    address: addressOf(database.target),
    directAddress: undefined,
    replicaAddress: undefined,
    poolSize: 1,
    connectTimeoutMs: 1,
    statementTimeoutMs: 1,
    key: { column: "place", field: { kind: "externalCustomerId" as const } },
  };
  return {
    ...emptyConfig,
    connectors: new Map([["shop", connector]]),
    sources: new Map([[source.name, source]]),
  };
}

function leafOf(leaf: number, parts: readonly ScanPart[]): RemoteLeaf {
  return {
    leaf,
    connector: "shop",
    field: { kind: "externalCustomerId" },
    place: "p",
    statement: "",
    query: undefined,
    scan: { source: "given", parts },
    having: undefined,
    isComplement: false,
  };
}

for (const [index, [type, column]] of Object.entries(columns).entries()) {
  test(`many conditions on ${type} in one scan mean what each means alone`, async () => {
    const table = `given_${index}`;
    await database.sql.unsafe(`create table ${table} (place text, value ${type})`);
    const config = configWith({ ...sourceOf("given"), table });
    const given = fc.constantFrom(...edges).chain((edge) => {
      const [values, conditions] = typeof column === "function" ? column(edge) : column;
      return fc.record({
        values: fc.array(values, { minLength: 1, maxLength: 8 }),
        leaves: fc.array(fc.array(conditions, { maxLength: 3 }), { minLength: 2, maxLength: 6 }),
        now: momentsAround(edge),
        zone: fc.constantFrom(...zones),
      });
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ values, leaves, now, zone }) => {
        const operand = columnOperand('t."value"', type, false, zone);
        assert.ok(operand);
        const moment = { nowMs: now, zone: openZone(zone) };
        const partOf = (each: Omit<ConditionConfig, "column" | "place">): ScanPart => {
          const condition = { ...each, column: "value", place: "p" };
          const sql = `(${conditionSql(condition, operand, moment)})`;
          return { sql, column: "value", comparison: comparisonOf(condition, operand, moment) };
        };
        const planned = leaves.map((conditions, leaf) => leafOf(leaf, conditions.map(partOf)));
        const rows = await database.sql.begin(async (sql) => {
          await sql.unsafe(`truncate ${table}`);
          await sql.unsafe(
            `insert into ${table} select place, written::${type}
             from json_array_elements_text($1::text::json) with ordinality as g (written, place)`,
            [JSON.stringify(values.map(written))],
          );
          const statement = await sharedStatement(planned, config, sql as never);
          return await sql.unsafe<{ key: string; payload: string }[]>(statement);
        });
        const expected = values.flatMap((value, place) => {
          const bits = leaves.reduce((sum, conditions, leaf) => {
            const isMet = conditions.every((each) => meets(each, value, now, zone));
            return isMet ? sum | (1n << BigInt(leaf)) : sum;
          }, 0n);
          return bits === 0n ? [] : [[String(place + 1), String(bits)]];
        });
        const found = rows.map(({ key, payload }) => [key, String(payload)]);
        assert.deepEqual(found.sort(), expected.sort());
      }),
      { numRuns: 100 },
    );
  });
}
