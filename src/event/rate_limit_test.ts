import assert from "node:assert/strict";
import { test } from "node:test";
import { limitRate } from "./rate_limit.ts";

test("requests are spaced evenly, however many ask at once", () => {
  const limit = limitRate(50);
  assert.deepEqual([limit.reserve(0), limit.reserve(0), limit.reserve(0)], [0, 20, 40]);
});

test("a quiet time does not add up to a burst", () => {
  const limit = limitRate(50);
  limit.reserve(0);
  assert.deepEqual([limit.reserve(10_000), limit.reserve(10_000)], [0, 20]);
});

test("0 is no limit", () => {
  const limit = limitRate(0);
  assert.deepEqual([limit.reserve(0), limit.reserve(0)], [0, 0]);
});
