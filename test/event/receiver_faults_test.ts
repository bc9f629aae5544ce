import assert from "node:assert/strict";
import { test } from "node:test";
import { openReceiver, type Reply } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import { deliverTo, openHubPool, queueEvents, readDeliveries, webhookSink } from "./fixture.ts";

/** What a receiver does with the first request of a sink, by the sink's name. */
const faults: Readonly<Record<string, () => Reply>> = {
  takes_it_and_breaks_off: () => ({ kind: "drop" }),
  never_answers: () => ({ kind: "hold" }),
  answers_garbage: () => ({ kind: "garbage" }),
  redirects: () => status(302, { location: "http://127.0.0.1:9/" }),
  answers_at_length: () => ({ kind: "huge", status: 500, bytes: 2_000_000 }),
  is_overloaded: () => status(503),
  asks_for_a_second: () => status(429, { "retry-after": "1" }),
  asks_until_a_date: () => {
    // Dates in headers have whole seconds: of two seconds from now at least one is left.
    const moment = new Date(Date.now() + 2_000).toUTCString();
    return status(429, { "retry-after": moment });
  },
};

function status(code: number, headers: Record<string, string> = {}): Reply {
  return { kind: "status", status: code, headers };
}

/** Sinks whose receiver said how long to wait; the others wait for their backoff. */
const heldMs: Readonly<Record<string, number>> = {
  asks_for_a_second: 1_000,
  asks_until_a_date: 900,
};

test("whatever a receiver does with a request, its events arrive once more, in order, and no other sink waits", async (t) => {
  const hub = await openHubPool(t);
  const names = Object.keys(faults);
  const arrivals = new Map<string, { id: string; atMs: number }[]>();
  const receiver = await openReceiver(t, {
    script: ({ id, path }) => {
      const name = path.slice(1);
      const before = arrivals.get(name) ?? [];
      arrivals.set(name, [...before, { id, atMs: performance.now() }]);
      return before.length === 0 ? faults[name]?.() ?? status(204) : status(204);
    },
  });
  const url = new URL(receiver.url).origin;
  for (const name of [...names, "works"]) await queueEvents(hub.sql, [7, 7], name);
  const sinks = [...names, "works"].map((name) =>
    webhookSink(`${url}/${name}`, { name, timeoutMs: 700 })
  );
  deliverTo(t, hub, sinks);
  await waitFor("the sink that works", () => arrivals.get("works")?.length === 2 || undefined);
  for (const name of names) assert.ok((arrivals.get(name)?.length ?? 0) < 3, name);
  for (const name of names) {
    const rows = await waitFor(`the events of ${name}`, async () => {
      const found = await readDeliveries(hub.sql, name);
      return found.every((row) => row.state === "delivered") ? found : undefined;
    }, 15_000);
    assert.deepEqual(rows.map((row) => row.attempts), [2, 1], name);
    const [first, again, next, ...more] = arrivals.get(name) ?? [];
    assert.ok(first !== undefined && again !== undefined && next !== undefined, name);
    assert.equal(again.id, first.id, name);
    assert.notEqual(next.id, first.id, name);
    assert.equal(more.length, 0, name);
    const leastMs = heldMs[name] ?? 1_500;
    assert.ok(again.atMs - first.atMs >= leastMs, `${name} waited ${again.atMs - first.atMs} ms`);
  }
});

test("an answer whose status came counts, however slowly its body follows", async (t) => {
  const hub = await openHubPool(t);
  const receiver = await openReceiver(t, { script: () => ({ kind: "slow", status: 200 }) });
  await queueEvents(hub.sql, [1]);
  deliverTo(t, hub, [webhookSink(receiver.url, { timeoutMs: 500 })]);
  const row = await waitFor(
    "the delivery",
    async () => (await readDeliveries(hub.sql)).find((each) => each.state === "delivered"),
  );
  assert.deepEqual([row.attempts, row.status, receiver.requests.length], [1, 200, 1]);
});
