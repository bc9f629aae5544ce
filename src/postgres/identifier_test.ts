import assert from "node:assert/strict";
import { test } from "node:test";

import { quoteIdentifier, quoteLiteral, quoteQualified } from "./identifier.ts";

test("an identifier keeps its dots, capitals and spaces, and doubles its quotes", () => {
  assert.equal(quoteIdentifier("my.Table name"), '"my.Table name"');
  assert.equal(quoteIdentifier('a"b'), '"a""b"');
  assert.equal(quoteQualified("public", "contactActivities"), '"public"."contactActivities"');
});

test("a name that Postgres cannot store is refused: empty, NUL, more than 63 bytes", () => {
  for (const name of ["", "a\0b", "x".repeat(64), "é".repeat(32)]) {
    assert.throws(() => quoteIdentifier(name), { code: "PG280" });
  }
  assert.equal(quoteIdentifier("é".repeat(31)).length, 33);
});

test("a literal survives quotes and backslashes whatever the server's settings are", () => {
  assert.equal(quoteLiteral("it's"), "'it''s'");
  assert.equal(quoteLiteral("a\\'b"), "E'a\\\\''b'");
  assert.throws(() => quoteLiteral("a\0b"), { code: "PG280" });
});
