import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { planTick } from "../../src/hub/trigger_ticks.ts";
import type { DeliveryWork } from "../support/delivery_process.ts";
import { openReceiver, type ReceivedRequest, type Reply } from "../support/receiver.ts";
import { runtimeCommand } from "../support/runtime_command.ts";
import { waitFor } from "../support/wait.ts";
import { addMembers, openShop, promoCodesTable } from "../trigger/fixture.ts";

const contacts = 120;
const ticks = ["06", "07", "08", "09"].map((hour) => `2026-09-02T${hour}:00:00.000Z`);
const kills = 12;

/** Of ten requests seven are answered well; the others fail in ways that leave doubt. */
function misbehave(_request: ReceivedRequest, count: number): Reply {
  if (count % 10 === 3) return { kind: "drop" };
  if (count % 10 === 6) return { kind: "status", status: 503, headers: { "retry-after": "0" } };
  if (count % 50 === 9) return { kind: "hold" };
  return { kind: "status", status: 200 };
}

test("three daemons that are killed at random make every event once and deliver each in order", async (t) => {
  const shop = await openShop(t, promoCodesTable);
  const { sql } = shop.hub;
  const emails = Array.from({ length: contacts }, (_, index) => `c${index}@example.com`);
  await addMembers(sql, emails);
  await shop.shop`insert into promo_codes (id, email)
    select n, 'c' || n || '@example.com' from generate_series(0, ${contacts - 1}) as n`;
  await planInSmallChunks(sql);
  const receiver = await openReceiver(t, { script: misbehave });
  const work: DeliveryWork = {
    hub: shop.hubTarget,
    shop: shop.shopTarget,
    receiverUrl: receiver.url,
    ticks,
  };
  await killAtRandom(t, work);

  await waitFor("every delivery", async () => {
    const [row] = await sql<{ left: number; events: number }[]>`
      select (select count(*)::int from perigee.deliveries where state <> 'delivered') as left,
        (select count(*)::int from perigee.events) as events`;
    if (row?.left === 0 && row.events === contacts * ticks.length) return row;
    throw new Error(`${row?.events} events, ${row?.left} not delivered`);
  }, 90_000);

  const events = await sql<{ eventId: string; contactId: string; times: number }[]>`
    select event_id::text as "eventId", contact_id::text as "contactId",
      (count(*) over (partition by trigger_name, scheduled_at, contact_id))::int as times
    from perigee.events order by event_id`;
  assert.ok(events.every((event) => event.times === 1));
  assertArrivals(receiver.requests, events);
});

async function planInSmallChunks(sql: Parameters<typeof addMembers>[0]): Promise<void> {
  const rules = {
    segmentId: 170531841,
    repeat: { kind: "every_run" as const },
    enteringOnly: false,
    chunkSize: 10,
  };
  for (const scheduledAt of ticks) {
    await sql.begin((session) => planTick(session, { trigger: "birthday", scheduledAt }, rules));
  }
}

/** Every event arrived, nothing else did, and each contact's first arrivals are in order. */
function assertArrivals(
  requests: readonly ReceivedRequest[],
  events: readonly { eventId: string; contactId: string }[],
): void {
  const contactOf = new Map(events.map((event) => [event.eventId, event.contactId]));
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const request of requests) {
    const eventId = request.id.split("-").at(-1) ?? "";
    const contactId = contactOf.get(eventId);
    assert.ok(contactId !== undefined, `event ${eventId} was never made`);
    if (seen.has(eventId)) continue;
    seen.add(eventId);
    assert.ok(Number(eventId) > (last.get(contactId) ?? 0), `event ${eventId} came too late`);
    last.set(contactId, Number(eventId));
  }
  assert.equal(seen.size, events.length);
}

/** Runs three processes, kills one of them at random times and starts another for it. */
async function killAtRandom(t: TestContext, work: DeliveryWork): Promise<void> {
  const file = fileURLToPath(new URL("../support/delivery_process.ts", import.meta.url));
  const children: ChildProcess[] = [];
  t.after(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  const start = async () => {
    const [program, words] = runtimeCommand(file, [JSON.stringify(work)]);
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.stdout?.resume();
  };
  await Promise.all([start(), start(), start()]);
  for (let kill = 0; kill < kills; kill++) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    const [victim] = children.splice(Math.floor(Math.random() * children.length), 1);
    victim?.kill("SIGKILL");
    await start();
  }
}
