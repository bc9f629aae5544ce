import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { typeScalar } from "./scalar.ts";

test("plain scalars are typed as the core schema of YAML 1.2 says", () => {
  for (
    const [text, value] of [
      ["", null],
      ["~", null],
      ["null", null],
      ["true", true],
      ["FALSE", false],
      ["yes", "yes"],
      ["on", "on"],
      ["012", 12],
      ["0o17", 15],
      ["0xfF", 255],
      ["+7", 7],
      ["-.5e1", -5],
      [".inf", Infinity],
      ["-.INF", -Infinity],
      ["2026-01-31", "2026-01-31"],
      ["1_000", "1_000"],
      ["12:30", "12:30"],
      ["0x", "0x"],
      ["1e", "1e"],
    ] as const
  ) assert.equal(typeScalar(text), value, text);
  assert.ok(Number.isNaN(typeScalar(".nan")));
});

test("a number that would lose digits stays text", () => {
  assert.equal(typeScalar("9007199254740993"), "9007199254740993");
});

test("typing agrees with the YAML parser's own", () => {
  const text = fc.stringMatching(/^[-+]?[0-9.eExXo_a-f~truTRUEnlNUL]{1,8}$/);
  fc.assert(
    fc.property(text, (each) => {
      const theirs: unknown = parse(each, { logLevel: "silent", intAsBigInt: false });
      const isInexact = typeof theirs === "number" && !Number.isSafeInteger(theirs) &&
        Number.isInteger(theirs);
      if (!isInexact) assert.deepEqual(typeScalar(each), theirs);
    }),
    { numRuns: 2000 },
  );
});
