import assert from "node:assert/strict";
import test from "node:test";
import { columnFamily, type ConditionOperator, findOperator } from "./condition_operator.ts";
import { isMoment, parseConditionValue } from "./condition_value.ts";

function parsed(operator: ConditionOperator, value: unknown): unknown {
  const result = parseConditionValue(operator, value);
  return "value" in result ? result.value : undefined;
}

test("operators have their usual spellings", () => {
  assert.equal(findOperator("="), "equals");
  assert.equal(findOperator("≠"), "notEquals");
  assert.equal(findOperator("<>"), "notEquals");
  assert.equal(findOperator("≥"), ">=");
  assert.equal(findOperator("constructor"), undefined);
});

test("values come out in the operator's shape", () => {
  assert.deepEqual(parsed("inLast", "30 days"), { amount: 30, unit: "days" });
  assert.deepEqual(parsed("inNext", "12h"), { amount: 12, unit: "hours" });
  assert.deepEqual(parsed("anniversary", "today"), { offsetDays: 0 });
  assert.deepEqual(parsed("anniversary", { inDays: 5 }), { offsetDays: 5 });
  assert.deepEqual(parsed("anniversary", { daysAgo: 3 }), { offsetDays: -3 });
  assert.deepEqual(parsed("month", ["Feb", 1, "february"]), [2, 1]);
  assert.deepEqual(parsed("weekday", "sunday"), [0]);
  assert.equal(parsed("on", "2024-02-29"), "2024-02-29");
});

test("values of another shape are refused", () => {
  for (
    const [operator, value] of [
      ["inLast", "30"],
      ["inLast", "days"],
      ["daysAgo", -1],
      ["daysAgo", 1.5],
      ["anniversary", { inDays: 367 }],
      ["anniversary", { inDays: 1, daysAgo: 1 }],
      ["month", 0],
      ["month", []],
      ["weekday", 7],
      ["on", "2023-02-29"],
      ["on", "29.02.2024"],
      ["between", [1, 2, 3]],
      ["in", []],
      ["equals", Number.NaN],
      ["isNull", "true"],
      ["contains", ""],
    ] as const
  ) assert.equal(parsed(operator, value), undefined, `${operator} ${JSON.stringify(value)}`);
});

test("a column of dates takes dates between", () => {
  assert.ok("wanted" in parseConditionValue("between", [1, 2], "moment"));
  assert.ok("value" in parseConditionValue("between", ["2026-01-01", "today"], "moment"));
});

test("families follow Postgres' type names", () => {
  assert.equal(columnFamily("character varying(50)"), "text");
  assert.equal(columnFamily("timestamp(3) without time zone"), "moment");
  assert.equal(columnFamily("numeric(10,2)"), "number");
  assert.equal(columnFamily("integer[]"), "array");
  assert.equal(columnFamily("jsonb"), "json");
  assert.equal(columnFamily("point"), undefined);
});

test("moments are days that exist, or ISO 8601 timestamps of such days", () => {
  for (const text of ["2024-02-29", "2026-01-31T09:00:00Z", "2026-01-31 09:00:00.123456+02:00"]) {
    assert.ok(isMoment(text), text);
  }
  for (const text of ["2023-02-29", "2026-13-01", "2026-01-31T25:00:00", "today", "2026-1-1"]) {
    assert.ok(!isMoment(text), text);
  }
});
