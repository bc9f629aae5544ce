import assert from "node:assert/strict";
import { test } from "node:test";
import { DeliveryQueue, type QueuedDelivery } from "./delivery_queue.ts";

function delivery(eventId: number, contactId: string | null, isAlone = false): QueuedDelivery {
  return {
    eventId: String(eventId),
    claimNo: 1,
    attempts: 0,
    contactId,
    isAlone,
    eventTypeKey: "x",
    keyValue: null,
    occured: null,
    params: "[]",
    expiresAt: 0,
  };
}

function ids(deliveries: readonly QueuedDelivery[]): string {
  return deliveries.map((each) => each.eventId).join();
}

test("a contact's next event waits until the one before is finished; others do not", () => {
  const queue = new DeliveryQueue();
  queue.push([delivery(1, "a"), delivery(2, "a"), delivery(3, "b"), delivery(4, null)]);
  const first = queue.take(1);
  assert.equal([first, queue.take(1), queue.take(1), queue.take(1)].map(ids).join(" "), "1 3 4 ");
  queue.finish(first);
  assert.equal(ids(queue.take(1)), "2");
});

test("events without contact do not wait for one another", () => {
  const queue = new DeliveryQueue();
  queue.push([delivery(1, null), delivery(2, null)]);
  assert.equal([queue.take(1), queue.take(1)].map(ids).join(" "), "1 2");
});

test("a batch keeps each contact's order and takes no more than fits", () => {
  const queue = new DeliveryQueue();
  queue.push([delivery(1, "a"), delivery(2, "b"), delivery(3, "a"), delivery(4, "b")]);
  const batch = queue.take(3);
  assert.equal(ids(batch), "1,3,2");
  assert.equal(ids(queue.take(3)), "");
  queue.finish(batch);
  assert.equal(ids(queue.take(3)), "4");
});

test("what has to go alone goes alone, in its place", () => {
  const queue = new DeliveryQueue();
  queue.push([delivery(1, "a"), delivery(2, "a", true), delivery(3, "b")]);
  const batch = queue.take(10);
  assert.equal(ids(batch), "1,3");
  queue.finish(batch);
  assert.equal(ids(queue.take(10)), "2");
});

test("the rest of a lane whose head failed is handed back", () => {
  const queue = new DeliveryQueue();
  queue.push([delivery(1, "a"), delivery(2, "a"), delivery(3, "b")]);
  const head = queue.take(1);
  assert.equal(ids(queue.abandon(head)), "2");
  assert.equal(queue.size, 1);
  queue.push([delivery(1, "a")]);
  assert.equal([queue.take(1), queue.take(1)].map(ids).join(" "), "3 1");
});

test("draining hands everything back that waits, and lanes under way go on", () => {
  const queue = new DeliveryQueue();
  queue.push([delivery(1, "a"), delivery(2, "a"), delivery(3, "b")]);
  const head = queue.take(1);
  assert.equal(ids(queue.drain()), "2,3");
  queue.push([delivery(2, "a")]);
  assert.equal(queue.isReady, false);
  queue.finish(head);
  assert.equal(ids(queue.take(1)), "2");
});
