import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, PerigeeError } from "../error.ts";
import { retryDelayMs } from "./retry.ts";

const failure = (kind: ErrorKind) => new PerigeeError("it failed", { kind, code: "PG000" });

test("pauses double from one second to five minutes", () => {
  const delays = [1, 2, 3, 8, 9, 10, 100].map((attempts) =>
    retryDelayMs(failure("connection"), attempts, () => 0)
  );
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000]);
});

test("daemons do not move in step: a pause is up to a fifth shorter", () => {
  assert.equal(retryDelayMs(failure("connection"), 1, () => 1), 800);
});

test("a refused password is tried again slowly, a missing table not at all", () => {
  assert.equal(retryDelayMs(failure("credentials"), 1, () => 0), 300_000);
  assert.equal(retryDelayMs(failure("schema"), 1), undefined);
});
