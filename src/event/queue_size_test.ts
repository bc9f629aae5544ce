import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClaimedDelivery } from "../hub/deliveries.ts";
import { QueueSize } from "./queue_size.ts";

function measured(durationMs: number, bytes = 300): QueueSize {
  const size = new QueueSize(8, 1);
  const delivery = { params: "x".repeat(bytes) } as Partial<ClaimedDelivery> as ClaimedDelivery;
  for (let time = 0; time < 100; time++) {
    size.measure(durationMs);
    size.learn([delivery]);
  }
  return size;
}

test("a slow receiver gets two rounds in stock, a fast one what it takes in some tenths of a second", () => {
  assert.equal(measured(15_000).room(0), 16);
  assert.equal(measured(100).room(0), 33);
  assert.equal(measured(1).room(0), 1_000);
});

test("nothing is claimed while the stock is nearly full", () => {
  const size = measured(1);
  assert.equal(size.room(1_000), 1_000);
  assert.equal(size.room(1_001), 0);
  assert.equal(measured(15_000).room(9), 0);
});

test("large events are held in small numbers, and at least one at a time", () => {
  assert.ok(measured(1, 1_000_000).room(0) <= 17);
  assert.equal(measured(1, 100_000_000).room(0), 1);
});
