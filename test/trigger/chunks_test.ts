import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { TriggerConfig } from "../../src/config/model.ts";
import { forgetContact } from "../../src/event/forget_contact.ts";
import { planTick } from "../../src/hub/trigger_ticks.ts";
import { heldLock, holdLock } from "../support/held_lock.ts";
import { waitFor } from "../support/wait.ts";
import { addMembers, openShop, runTick } from "./fixture.ts";

const shop = await openShop({ after });
const { sql } = shop.hub;
const firstTick = "2026-09-01T06:00:00.000Z";
const secondTick = "2026-09-02T06:00:00.000Z";
/** Chunks of few contacts are read and written over pools, large ones by COPY. */
const chunkSizes = [3, 30];
/** Of four chunks, and whose rows are in the third. */
const contacts = 4 * Math.max(...chunkSizes);

beforeEach(async () => {
  await shop.shop.unsafe(`drop table if exists promo_codes;
    create table promo_codes (id integer primary key, email text, weight integer);
    insert into promo_codes select n, 'c' || n || '@example.com', n from generate_series(1, ${contacts}) as n`);
  await sql.unsafe(`truncate perigee.contacts, perigee.segment_members, perigee.events,
    perigee.deliveries, perigee.triggers, perigee.trigger_ticks, perigee.trigger_chunks,
    perigee.trigger_contacts`);
});

/** Members c1, c2 and so on, and a tick for them in four chunks. */
async function planFourChunks(chunkSize: number): Promise<string[]> {
  const emails = Array.from({ length: 4 * chunkSize }, (_, index) => `c${index + 1}@example.com`);
  const ids = await addMembers(sql, emails);
  await planAgain(firstTick, chunkSize);
  return ids;
}

async function planAgain(scheduledAt: string, chunkSize: number): Promise<void> {
  const repeat = { kind: "every_run" as const };
  const rules = { segmentId: 170531841, repeat, enteringOnly: false, chunkSize };
  await sql.begin((session) => planTick(session, { trigger: "birthday", scheduledAt }, rules));
}

async function readEvents(): Promise<{ at: string; contactId: string }[]> {
  return await sql<{ at: string; contactId: string }[]>`
    select to_json(scheduled_at at time zone 'UTC') #>> '{}' || 'Z' as at,
      contact_id::text as "contactId"
    from perigee.events order by event_id`;
}

/** In place of the table a view that cannot be read where the row of this contact is wanted. */
async function breakRow(id: number): Promise<void> {
  await shop.shop.unsafe(`alter table promo_codes rename to kept_codes;
    create view promo_codes as
      select id, email, weight / (case when id = ${id} then 0 else 1 end) as weight from kept_codes`);
}

async function mendRow(): Promise<void> {
  await shop.shop.unsafe(
    "drop view promo_codes; alter table kept_codes rename to promo_codes",
  );
}

for (const size of chunkSizes) {
  const all = 4 * size;
  const named = `in chunks of ${size}`;

  test(`the chunks of a tick are written in their order, each contact once, ${named}`, async () => {
    const ids = await planFourChunks(size);
    const counts = await runTick(shop, firstTick);
    assert.deepEqual([counts["events"], counts["rows"], counts["deliveries"]], [all, all, all]);
    assert.deepEqual((await readEvents()).map((event) => event.contactId), ids);
  });

  test(`a chunk that cannot be read stops the tick; those before it stand, and the next try goes on there, ${named}`, async () => {
    const ids = await planFourChunks(size);
    await breakRow(2 * size + 2);
    await assert.rejects(runTick(shop, firstTick), { name: "PerigeeError" });
    assert.deepEqual((await readEvents()).map((event) => event.contactId), ids.slice(0, 2 * size));
    await mendRow();
    const counts = await runTick(shop, firstTick);
    assert.equal(counts["events"], all);
    assert.deepEqual((await readEvents()).map((event) => event.contactId), ids);
  });

  test(`a contact that is forgotten while its rows are on their way gets no event, ${named}`, async () => {
    const ids = await planFourChunks(size);
    await shop.shop.unsafe(`alter table promo_codes rename to kept_codes;
    create view promo_codes as select kept_codes.* from
      (select pg_advisory_xact_lock_shared(${heldLock}) offset 0) held, kept_codes`);
    const lock = await holdLock(shop.shop);
    const running = runTick(shop, firstTick);
    await waitFor("the reading of rows", async () => {
      const [row] = await shop.shop`select 1 from pg_stat_activity
      where datname = current_database() and wait_event = 'advisory'`;
      return row;
    });
    await forgetContact(sql, ids[1] ?? "", []);
    await lock.release();
    const counts = await running;
    assert.deepEqual([counts["events"], counts["skipped_gone"]], [all - 1, 1]);
    assert.ok((await readEvents()).every((event) => event.contactId !== ids[1]));
    await shop.shop.unsafe("drop view promo_codes; drop table kept_codes");
  });

  for (const catchUp of ["last", "none", "all"] as const) {
    const outcome = catchUp === "all" ? "written first" : "dropped and counted";
    test(`what is left of a tick that failed is ${outcome} with catch_up: ${catchUp}, ${named}`, async () => {
      const ids = await planFourChunks(size);
      const rule: Partial<TriggerConfig> = { catchUp };
      await breakRow(2 * size + 2);
      await assert.rejects(runTick(shop, firstTick, rule));
      await mendRow();
      await planAgain(secondTick, size);
      const counts = await runTick(shop, secondTick, rule);
      assert.equal(counts["events"], all);
      const events = await readEvents();
      const early = events.filter((event) => Date.parse(event.at) === Date.parse(firstTick));
      assert.deepEqual(
        early.map((event) => event.contactId),
        catchUp === "all" ? ids : ids.slice(0, 2 * size),
      );
      assert.deepEqual(events.slice(0, early.length), early);
      const [row] = await sql<{ dropped: string | null; isFinished: boolean }[]>`
      select counts ->> 'dropped' as dropped, finished_at is not null as "isFinished"
      from perigee.trigger_ticks where scheduled_at = ${firstTick}`;
      assert.deepEqual(row, {
        dropped: catchUp === "all" ? null : String(2 * size),
        isFinished: true,
      });
    });
  }
}

test("a large tick is cut into chunks of which one is read while another is written", async () => {
  await sql`insert into perigee.segment_members (segment_id, contact_id, entered_at)
    select 170531841, n, now() from generate_series(1, 41000) as n`;
  const repeat = { kind: "every_run" as const };
  const rules = { segmentId: 170531841, repeat, enteringOnly: false, chunkSize: 50_000 };
  const tick = { trigger: "birthday", scheduledAt: firstTick };
  await sql.begin((session) => planTick(session, tick, rules));
  const [row] = await sql<{ chunks: number; most: number }[]>`
    select count(*)::int as chunks, max(cardinality(contact_ids)) as most
    from perigee.trigger_chunks`;
  assert.deepEqual(row, { chunks: 8, most: 5_125 });
});
