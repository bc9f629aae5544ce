import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueuedDelivery } from "./delivery_queue.ts";
import { judgeAnswer } from "./outcome.ts";
import { settle } from "./settlement.ts";

function delivery(attempts: number): QueuedDelivery {
  return { attempts, eventId: "1", claimNo: 1, contactId: "1" } as Partial<
    QueuedDelivery
  > as QueuedDelivery;
}

function settleStatus(status: number, attempts: readonly number[], retryAfter?: string) {
  const answer = { kind: "answered" as const, status, retryAfter, text: "the body" };
  const sent = { answer, outcome: judgeAnswer(answer, 0) };
  return settle(attempts.map(delivery), sent, 3, () => 0.5);
}

test("what was delivered has nothing more to come", () => {
  assert.deepEqual(settleStatus(200, [0, 2]), {
    outcome: "delivered",
    results: undefined,
    isOver: true,
  });
});

test("a failure is tried again after its backoff, and the last one is a dead letter", () => {
  const waits = settleStatus(500, [0, 1, 2]);
  assert.deepEqual(waits.results?.map((result) => [result.state, result.delayMs]), [
    ["pending", 2000],
    ["pending", 5000],
    ["dead", 0],
  ]);
  assert.equal(waits.isOver, false);
  const last = settleStatus(500, [2]);
  assert.deepEqual([last.outcome, last.isOver], ["dead", true]);
  assert.deepEqual([last.results?.[0]?.status, last.results?.[0]?.answer], [500, "the body"]);
});

test("Retry-After takes the place of the backoff", () => {
  assert.equal(settleStatus(429, [0], "90").results?.[0]?.delayMs, 90_000);
});

test("an event that is refused for good is a dead letter at once", () => {
  const refused = settleStatus(422, [0]);
  assert.deepEqual([refused.outcome, refused.results?.[0]?.state], ["permanent", "dead"]);
});

test("a batch that is refused for good is taken apart, and that costs no attempt", () => {
  const refused = settleStatus(422, [0, 1]);
  for (const result of refused.results ?? []) {
    assert.deepEqual([result.state, result.isAlone, result.isAttempt], ["pending", true, false]);
  }
  assert.equal(refused.isOver, false);
});

test("410 keeps the deliveries and costs no attempt", () => {
  const gone = settleStatus(410, [2]);
  assert.deepEqual(gone.results?.map((result) => [result.state, result.isAttempt]), [
    ["pending", false],
  ]);
});
