import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "./compile.ts";
import { printDouble } from "./number.ts";

test("doubles print as Java prints them", () => {
  const expected: readonly (readonly [number, string])[] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [0.1 + 0.2, "0.30000000000000004"],
    [0.001, "0.001"],
    [0.00099, "9.9E-4"],
    [9999999, "9999999.0"],
    [10_000_000, "1.0E7"],
    [1.5e300, "1.5E300"],
    [-2.5e-10, "-2.5E-10"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
  ];
  for (const [value, text] of expected) assert.equal(printDouble(value), text);
});

function value(expression: string, dialect: "1.7" | "2.x" = "1.7"): string {
  const source = `#set($x = ${expression})$!x`;
  return compileTemplate(source, { name: "number", dialect }).render({
    n: 7,
    big: 9007199254740993,
  });
}

test("whole numbers stay whole, divide toward zero and never overflow", () => {
  assert.equal(value("7 / 2"), "3");
  assert.equal(value("-7 / 2"), "-3");
  assert.equal(value("-7 % 3"), "-1");
  assert.equal(value("9007199254740991 + 1"), "9007199254740992");
  assert.equal(value("9007199254740991 * 3"), "27021597764222973");
  assert.equal(
    value("9223372036854775807 * 9223372036854775807"),
    "85070591730234615847396907784232501249",
  );
  assert.equal(value("3 / 4 * 100"), "0");
  assert.equal(value("3 / 4.0 * 100"), "75.0");
  assert.equal(value("1 / 0"), "");
});

test("text that holds a number counts as a decimal in 2.x only", () => {
  assert.equal(value("'5' * 2"), "");
  assert.equal(value("'5' * 2", "2.x"), "10.0");
  assert.equal(value("'1.50' - '0.25'", "2.x"), "1.25");
  assert.equal(value("'7' / '2'", "2.x"), "3");
  assert.equal(value("'x' * 2", "2.x"), "");
  assert.equal(value("'5' + 2", "2.x"), "52");
});
