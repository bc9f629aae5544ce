import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Sql } from "postgres";
import {
  claimDeliveries,
  type ClaimedDelivery,
  type Delivered,
  notifyDeliveries,
  recordDelivered,
  recordUndelivered,
} from "../../src/hub/deliveries.ts";
import { givenBack } from "../../src/event/delivery_recorder.ts";
import { openHubPool, queueEvents, readDeliveries } from "./fixture.ts";

const longMs = 3_600_000;

function claimAs(sql: Sql, claimant: string, limit = 1_000, leaseMs = longMs) {
  return claimDeliveries(sql, { sink: "receiver", claimant, limit, leaseMs });
}

function deliveredWith(claimed: readonly ClaimedDelivery[], status = 204): Delivered[] {
  return claimed.map(({ eventId, claimNo }) => ({ eventId, claimNo, status }));
}

const idsOf = (claimed: readonly ClaimedDelivery[]) => claimed.map((each) => each.eventId);

/** Lets the claims of all deliveries run out. */
async function expireClaims(sql: Sql): Promise<void> {
  await sql`update perigee.deliveries set claimed_until = now() where claimed_by is not null`;
}

test("a claim leaves the indexes of the table alone", async (t) => {
  const { sql } = await openHubPool(t);
  await queueEvents(sql, Array.from({ length: 2_000 }, (_, n) => n + 1));
  await sql.begin(async (transaction) => {
    const claimed = await claimAs(transaction as unknown as Sql, randomUUID(), 1_000);
    const [row] = await transaction<{ alone: number }[]>`
      select pg_stat_get_xact_tuples_hot_updated('perigee.deliveries'::regclass)::int as alone`;
    assert.deepEqual([claimed.length, row?.alone], [1_000, 1_000]);
  });
});

test("of many claims at once each delivery is in one", async (t) => {
  const { sql } = await openHubPool(t);
  const ids = await queueEvents(sql, Array.from({ length: 600 }, (_, n) => n + 1));
  const taken: string[] = [];
  const takeAll = async () => {
    const claimant = randomUUID();
    for (let misses = 0; misses < 20;) {
      const claimed = await claimAs(sql, claimant, 17);
      if (claimed.length === 0) misses += 1;
      taken.push(...idsOf(claimed));
    }
  };
  await Promise.all([takeAll(), takeAll(), takeAll(), takeAll()]);
  assert.deepEqual(taken.sort((one, other) => Number(one) - Number(other)), ids);
});

test("a claim that ran out is anyone's, and its late record changes nothing", async (t) => {
  const { sql } = await openHubPool(t);
  const ids = await queueEvents(sql, [1, 2]);
  const first = await claimAs(sql, randomUUID());
  assert.deepEqual(idsOf(await claimAs(sql, randomUUID())), []);
  await expireClaims(sql);
  const second = await claimAs(sql, randomUUID());
  assert.deepEqual(idsOf(second), ids);
  await recordDelivered(sql, "receiver", deliveredWith(first));
  const states = async () => (await readDeliveries(sql)).map((row) => `${row.state} ${row.status}`);
  assert.deepEqual(await states(), ["pending null", "pending null"]);
  const both = [...deliveredWith(second, 200), ...deliveredWith(first, 299)];
  await recordDelivered(sql, "receiver", both);
  assert.deepEqual(await states(), ["delivered 200", "delivered 200"]);
});

test("each delivery is recorded with its own answer, in whatever order they end", async (t) => {
  const { sql } = await openHubPool(t);
  const ids = await queueEvents(sql, Array.from({ length: 60 }, (_, n) => n + 1));
  const claimed = await claimAs(sql, randomUUID());
  const statusOf = (eventId: string) => 200 + Number(eventId) % 7;
  const ended = claimed.filter((_, place) => place % 3 !== 0).reverse()
    .map(({ eventId, claimNo }) => ({ eventId, claimNo, status: statusOf(eventId) }));
  await recordDelivered(sql, "receiver", ended);
  assert.deepEqual(
    (await readDeliveries(sql)).map((row) => [row.eventId, row.state, row.status]),
    ids.map((id, place) =>
      place % 3 === 0 ? [id, "pending", null] : [id, "delivered", statusOf(id)]
    ),
  );
});

test("a contact's next event waits while another daemon has the one before", async (t) => {
  const { sql } = await openHubPool(t);
  const [one, other] = [randomUUID(), randomUUID()];
  const ids = await queueEvents(sql, [1, 1]);
  const before = await claimAs(sql, one, 1);
  assert.deepEqual(idsOf(before), ids.slice(0, 1));
  assert.deepEqual(idsOf(await claimAs(sql, other)), []);
  await recordDelivered(sql, "receiver", deliveredWith(before));
  assert.deepEqual(idsOf(await claimAs(sql, other)), ids.slice(1));
});

test("a contact's next event waits while the one before is claimed by nobody in time", async (t) => {
  const { sql } = await openHubPool(t);
  const [one, other] = [randomUUID(), randomUUID()];
  const ids = await queueEvents(sql, [1, 1, 1]);
  await claimAs(sql, one, 1);
  await expireClaims(sql);
  assert.deepEqual(idsOf(await claimAs(sql, other, 1)), ids.slice(0, 1));
  assert.deepEqual(idsOf(await claimAs(sql, one)), []);
});

test("what goes back untried is due at once, though its claim would have lasted", async (t) => {
  const { sql } = await openHubPool(t);
  const ids = await queueEvents(sql, [1]);
  const [claimed] = await claimAs(sql, randomUUID());
  assert.ok(claimed);
  const { eventId, claimNo } = claimed;
  await recordUndelivered(sql, "receiver", [{ ...givenBack, eventId, claimNo }]);
  assert.deepEqual(idsOf(await claimAs(sql, randomUUID())), ids);
});

test("a channel does not get what a daemon still sends to a webhook of that name", async (t) => {
  const { sql } = await openHubPool(t);
  await queueEvents(sql, [1, 2]);
  await claimAs(sql, randomUUID(), 1);
  const sink = { name: "receiver", channel: "receiver" };
  assert.equal(await notifyDeliveries(sql, sink, 10), 1);
  await expireClaims(sql);
  assert.equal(await notifyDeliveries(sql, sink, 10), 1);
});
