import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRetryAfter } from "./retry_after.ts";

const now = Date.parse("2026-11-06T08:49:07Z");

test("seconds are taken as they are, at most an hour", () => {
  assert.equal(parseRetryAfter("30", now), 30_000);
  assert.equal(parseRetryAfter(" 0 ", now), 0);
  assert.equal(parseRetryAfter("86400", now), 3_600_000);
});

test("each form of an HTTP date is the wait until then", () => {
  assert.equal(parseRetryAfter("Fri, 06 Nov 2026 08:49:37 GMT", now), 30_000);
  assert.equal(parseRetryAfter("Fri Nov  6 08:49:37 2026", now), 30_000);
  assert.equal(parseRetryAfter("Friday, 06-Nov-26 08:49:37 GMT", now), 30_000);
  assert.equal(parseRetryAfter("Fri, 06 Nov 2026 08:00:00 GMT", now), 0);
});

test("anything else asks for nothing", () => {
  for (const header of [undefined, "", "soon", "-5", "1.5", "Fri, 99 Nov 2026"]) {
    assert.equal(parseRetryAfter(header, now), undefined, String(header));
  }
});
