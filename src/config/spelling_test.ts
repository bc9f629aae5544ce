import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { shownName } from "./shown_name.ts";
import { editDistance, nearest } from "./spelling.ts";

test("a swap, an omission and another case or separator are near", () => {
  const known = ["host", "port", "statement_timeout", "firstName"];
  assert.equal(nearest("prot", known), "port");
  assert.equal(nearest("hst", known), "host");
  assert.equal(nearest("statementTimeout", known), "statement_timeout");
  assert.equal(nearest("first_name", known), "firstName");
  assert.equal(nearest("completely", known), undefined);
  assert.equal(nearest("x".repeat(1_000_000), known), undefined);
});

test("the distance is symmetric, zero for equals, and at most the longer length", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(fc.property(word, word, (one, other) => {
    const distance = editDistance(one, other, 99);
    assert.equal(distance, editDistance(other, one, 99));
    assert.equal(distance === 0, one === other);
    assert.ok(distance <= Math.max(one.length, other.length));
  }));
});

test("the limit only cuts off, it never changes a distance below it", () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom("a", "b", "c") });
  fc.assert(fc.property(word, word, fc.integer({ min: 0, max: 8 }), (one, other, limit) => {
    const distance = editDistance(one, other, 99);
    assert.equal(editDistance(one, other, limit), Math.min(distance, limit + 1));
  }));
});

test("a shown name is short and has no control or reordering characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
    const shown = shownName(name);
    assert.ok([...shown].length <= 81);
    assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}]/u);
  }));
});
