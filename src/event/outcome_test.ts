import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, judgeAnswer, type Outcome } from "./outcome.ts";

function judge(status: number, retryAfter?: string): Outcome {
  return judgeAnswer({ kind: "answered", status, retryAfter, text: "" }, 0);
}

test("every status has a verdict, and a side that it speaks against", () => {
  const table = [
    ["delivered", false, [200, 201, 202, 204, 299]],
    ["disable", true, [410]],
    ["retry", false, [425, 429]],
    ["retry", true, [100, 301, 302, 307, 308, 408, 500, 501, 502, 503, 504, 599, 600]],
    ["permanent", true, [401, 403, 404, 405, 407]],
    ["permanent", false, [400, 402, 406, 409, 413, 415, 422, 451, 499]],
  ] as const;
  for (const [verdict, isSinkFault, statuses] of table) {
    for (const status of statuses) {
      const outcome = judge(status);
      assert.deepEqual([outcome.verdict, outcome.isSinkFault], [verdict, isSinkFault], `${status}`);
    }
  }
});

test("only 429 and 503 hold the sink, for as long as they ask", () => {
  assert.equal(judge(429, "7").holdMs, 7000);
  assert.deepEqual(judge(503, "7"), { verdict: "retry", isSinkFault: false, holdMs: 7000 });
  assert.equal(judge(500, "7").holdMs, undefined);
  assert.equal(judge(429).holdMs, undefined);
});

test("no answer is a fault of the sink that is tried again", () => {
  const outcome = judgeAnswer({ kind: "failed", code: "ECONNREFUSED" }, 0);
  assert.deepEqual([outcome.verdict, outcome.isSinkFault], ["retry", true]);
});

test("waits grow to half a day, and sixteen attempts take two to three days", () => {
  assert.equal(backoffMs(1, () => 0.5), 2000);
  assert.equal(backoffMs(2, () => 0.5), 5000);
  assert.equal(backoffMs(100, () => 0.5), 43_200_000);
  assert.deepEqual([backoffMs(1, () => 0), backoffMs(1, () => 1)], [1600, 2400]);
  let total = 0;
  for (let attempts = 1; attempts < 16; attempts++) total += backoffMs(attempts, () => 0.5);
  assert.ok(total > 2 * 86_400_000 && total < 3 * 86_400_000, `${total} ms`);
});
