import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimit } from "./rate_limit.ts";

function makeClock() {
  let nowMs = 1_000_000;
  return {
    now: () => new Date(nowMs),
    sleep: () => Promise.resolve(),
    advance: (ms: number) => void (nowMs += ms),
  };
}

test("a client gets as many requests as its rate, then waits for the bucket to fill", () => {
  const clock = makeClock();
  const takeTurn = createRateLimit(2, clock);
  assert.deepEqual([takeTurn("a"), takeTurn("a"), takeTurn("a")], [0, 0, 1]);
  clock.advance(500);
  assert.deepEqual([takeTurn("a"), takeTurn("a")], [0, 1]);
});

test("clients do not use up one another's turns", () => {
  const takeTurn = createRateLimit(1, makeClock());
  assert.deepEqual([takeTurn("a"), takeTurn("b"), takeTurn("a")], [0, 0, 1]);
});

test("a quiet hour gives no more than one second's turns", () => {
  const clock = makeClock();
  const takeTurn = createRateLimit(3, clock);
  takeTurn("a");
  clock.advance(3_600_000);
  assert.deepEqual([1, 2, 3, 4].map(() => takeTurn("a")), [0, 0, 0, 1]);
});

test("a clock that goes backwards takes nothing away", () => {
  const clock = makeClock();
  const takeTurn = createRateLimit(1, clock);
  takeTurn("a");
  clock.advance(-60_000);
  assert.equal(takeTurn("a"), 1);
  clock.advance(1_000);
  assert.equal(takeTurn("a"), 0);
});

test("clients beyond the limit push out the one that was quiet longest", () => {
  const takeTurn = createRateLimit(1, makeClock());
  takeTurn("first");
  for (let client = 0; client < 10_000; client++) takeTurn(`other ${client}`);
  assert.equal(takeTurn("first"), 0);
});

test("a rate of 0 is no limit", () => {
  const takeTurn = createRateLimit(0, makeClock());
  assert.ok(Array.from({ length: 1_000 }, () => takeTurn("a")).every((wait) => wait === 0));
});
