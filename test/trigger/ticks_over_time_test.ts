import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, beforeEach, test } from "node:test";
import type { Config, ScheduleConfig, TriggerConfig } from "../../src/config/model.ts";
import type { SegmentNode } from "../../src/config/model_segment.ts";
import { describeFailure } from "../../src/postgres/failure.ts";
import { jobsOf } from "../../src/schedule/jobs.ts";
import { Runner } from "../../src/schedule/runner.ts";
import { Scheduler } from "../../src/schedule/scheduler.ts";
import type { Scope } from "../support/database.ts";
import { type HeldClock, holdClock } from "../support/held_clock.ts";
import { heldLock, holdLock } from "../support/held_lock.ts";
import { waitFor } from "../support/wait.ts";
import { openShop } from "./fixture.ts";

const shop = await openShop({ after });
const { sql, target } = shop.hub;
const hourMs = 3_600_000;

beforeEach(async () => {
  await sql.unsafe(`truncate perigee.contacts, perigee.segment_members, perigee.events,
    perigee.deliveries, perigee.triggers, perigee.trigger_ticks, perigee.trigger_chunks,
    perigee.trigger_contacts, perigee.runs, perigee.leases;
    insert into perigee.contacts (email, language_code) values
      ('a@example.com', 'uk'), ('b@example.com', 'uk'), ('c@example.com', 'en')`);
});

/** A schedule of this cron expression in Kyiv, where clocks change at 03:00 and 04:00. */
function inKyiv(cron: string, part: Partial<ScheduleConfig> = {}): ScheduleConfig {
  return {
    cron,
    everyMs: undefined,
    timezone: "Europe/Kyiv",
    startsAt: undefined,
    endsAt: undefined,
    weekdays: [],
    ...part,
  };
}

/** Two of the three contacts. */
const speakUkrainian: SegmentNode = {
  kind: "contact",
  conditions: [{
    column: "languageCode",
    operator: "equals",
    value: "uk",
    ignoreCase: false,
    place: "test",
  }],
  place: "test",
};

/** A daemon's schedule with the trigger `birthday` for them, on a clock that is held. */
async function startDaemon(
  scope: Scope,
  clock: HeldClock,
  part: Partial<TriggerConfig>,
): Promise<{ stop(): Promise<void>; wake(name: string): void }> {
  const deps = shop.deps({ sources: [], ...part });
  const segments = new Map(
    [...deps.config.segments].map((
      [name, segment],
    ) => [name, { ...segment, where: speakUkrainian }]),
  );
  const config = { ...deps.config, segments, imports: new Map(), exports: new Map() } as Config;
  const daemonId = randomUUID();
  const observe = () => undefined;
  const describe = (error: unknown) => describeFailure(error, { doing: "run", target });
  const runner = new Runner({ hub: sql, daemonId, clock, observe, describe, leaseMs: 15_000 });
  const scheduler: Scheduler = new Scheduler({ hub: sql, runner, daemonId, clock, observe });
  const jobs = jobsOf({ ...deps, config }, (tick) => scheduler.runTick(tick, true));
  await scheduler.start(jobs.filter((job) => job.name !== "hub/maintenance"));
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await scheduler.stop();
    await runner.stop(5_000);
  };
  scope.after(stop);
  return { stop, wake: (name) => scheduler.wake(name) };
}

/** The ticks that have an event for both contacts; throws where one has another number of them. */
async function findTicks(): Promise<string[]> {
  const rows = await sql<{ at: string; events: number }[]>`
    select to_char(scheduled_at at time zone 'UTC', 'MM-DD"T"HH24:MI') as at,
      count(*)::int as events
    from perigee.events group by scheduled_at order by min(event_id)`;
  for (const { at, events } of rows) assert.equal(events, 2, at);
  return rows.map((row) => row.at);
}

async function waitForTicks(wanted: readonly string[]): Promise<void> {
  await waitFor(`the ticks ${wanted}`, async () => {
    const found = await findTicks();
    if (found.length > wanted.length) assert.deepEqual(found, wanted);
    return found.join() === wanted.join() ? true : undefined;
  });
}

/** Moves the clock hour by hour until this moment, each time until all that is due has run. */
async function passTime(clock: HeldClock, until: string, wanted: readonly string[]): Promise<void> {
  const untilMs = Date.parse(until);
  while (clock.now().getTime() < untilMs) {
    clock.advance(hourMs);
    const now = clock.now().toISOString().slice(5, 16);
    await waitForTicks(wanted.filter((tick) => tick <= now));
  }
}

test("a time that summer time skips is made up for at once, and one that comes twice happens once", async (t) => {
  const schedule = inKyiv("30 3 * * *");
  const spring = ["03-28T01:30", "03-29T01:00", "03-30T00:30"];
  const inSpring = holdClock(new Date("2026-03-27T23:10:00Z"));
  const daemon = await startDaemon(t, inSpring, { schedule });
  await passTime(inSpring, "2026-03-30T04:00:00Z", spring);
  await daemon.stop();
  await sql.unsafe("truncate perigee.events, perigee.trigger_ticks cascade");
  const inAutumn = holdClock(new Date("2026-10-23T23:10:00Z"));
  await startDaemon(t, inAutumn, { schedule, catchUp: "none" });
  await passTime(inAutumn, "2026-10-26T04:00:00Z", ["10-24T00:30", "10-25T00:30", "10-26T01:30"]);
});

test("start and end dates and weekdays decide which ticks there are", async (t) => {
  const schedule = inKyiv("0 9 * * *", {
    startsAt: new Date("2026-05-04T00:00:00+03:00"),
    endsAt: new Date("2026-05-09T00:00:00+03:00"),
    weekdays: [2, 4, 6],
  });
  const clock = holdClock(new Date("2026-05-01T00:00:00Z"));
  await startDaemon(t, clock, { schedule });
  await passTime(clock, "2026-05-11T00:00:00Z", ["05-05T06:00", "05-07T06:00"]);
});

for (
  const [catchUp, wanted] of [
    ["none", []],
    ["last", ["05-02T05:00"]],
    ["all", ["05-02T03:00", "05-02T04:00", "05-02T05:00"]],
  ] as const
) {
  const rule = { schedule: inKyiv("0 * * * *"), catchUp, catchUpLimit: 3 };

  test(`ticks that were missed while no daemon ran come as catch_up: ${catchUp} says, once and in order`, async (t) => {
    const before = holdClock(new Date("2026-05-01T08:10:00Z"));
    const first = await startDaemon(t, before, rule);
    before.advance(hourMs);
    await waitForTicks(["05-01T09:00"]);
    await first.stop();
    const clock = holdClock(new Date("2026-05-02T05:20:00Z"));
    const again = [startDaemon(t, clock, rule), startDaemon(t, clock, rule)];
    await Promise.all(again);
    await waitForTicks(["05-01T09:00", ...wanted]);
    clock.advance(hourMs);
    await waitForTicks(["05-01T09:00", ...wanted, "05-02T06:00"]);
  });

  test(`ticks that the clock of a running daemon jumped over come as catch_up: ${catchUp} says`, async (t) => {
    const clock = holdClock(new Date("2026-05-01T08:10:00Z"));
    await startDaemon(t, clock, rule);
    clock.advance(hourMs);
    await waitForTicks(["05-01T09:00"]);
    clock.advance(20 * hourMs + 600_000);
    await waitForTicks(["05-01T09:00", ...wanted]);
    clock.advance(hourMs);
    await waitForTicks(["05-01T09:00", ...wanted, "05-02T06:00"]);
  });
}

test("a clock that is set back makes no event twice", async (t) => {
  const clock = holdClock(new Date("2026-05-01T08:10:00Z"));
  await startDaemon(t, clock, { schedule: inKyiv("0 * * * *"), catchUp: "all" });
  await passTime(clock, "2026-05-01T10:30:00Z", ["05-01T09:00", "05-01T10:00"]);
  clock.set(new Date("2026-05-01T08:40:00Z"));
  await waitFor("the tick after those that ran already", async () => {
    if (clock.now() < new Date("2026-05-01T11:30:00Z")) clock.advance(hourMs / 6);
    return (await findTicks()).length > 2 ? true : undefined;
  });
  assert.deepEqual(await findTicks(), ["05-01T09:00", "05-01T10:00", "05-01T11:00"]);
});

for (const skipIfRunning of [true, false]) {
  const outcome = skipIfRunning ? "left out and recorded as that" : "run after it";
  test(`with skip_if_running: ${skipIfRunning} a tick that comes while the last run goes on is ${outcome}`, async (t) => {
    await shop.shop.unsafe(`truncate promo_codes;
      insert into promo_codes (id, email) values (1, 'a@example.com');
      alter table promo_codes rename to kept_codes;
      create view promo_codes as select kept_codes.* from
        (select pg_advisory_xact_lock_shared(${heldLock}) offset 0) held, kept_codes`);
    const lock = await holdLock(shop.shop);
    const clock = holdClock(new Date("2026-05-01T08:10:00Z"));
    const sources = [{ source: "promo_codes", whenEmpty: "send" as const }];
    await startDaemon(t, clock, { schedule: inKyiv("0 * * * *"), skipIfRunning, sources });
    clock.advance(hourMs);
    await waitFor("the reading of rows", async () => {
      const [row] = await shop.shop`select 1 from pg_stat_activity
        where datname = current_database() and wait_event = 'advisory'`;
      return row;
    });
    clock.advance(hourMs);
    if (skipIfRunning) {
      await waitFor("the record", async () => {
        const [row] = await sql`select 1 from perigee.runs where name = 'trigger/birthday'
          and scheduled_at = '2026-05-01T10:00:00Z' and counts = '{"skipped": 1}'`;
        return row;
      });
    }
    await lock.release();
    await waitForTicks(["05-01T09:00", ...(skipIfRunning ? [] : ["05-01T10:00"])]);
    clock.advance(hourMs);
    await waitForTicks(["05-01T09:00", ...(skipIfRunning ? [] : ["05-01T10:00"]), "05-01T11:00"]);
    await shop.shop.unsafe("drop view promo_codes; alter table kept_codes rename to promo_codes");
  });
}

for (const onNotify of [true, false]) {
  const outcome = onNotify ? "fires a trigger that says so" : "leaves other triggers alone";
  test(`an evaluation of the segment after a NOTIFY ${outcome}`, async (t) => {
    const clock = holdClock(new Date("2026-05-01T08:10:00Z"));
    const schedule = { ...inKyiv("0 * * * *"), cron: undefined };
    const daemon = await startDaemon(t, clock, { schedule, onNotify });
    daemon.wake("segment/birthday_today");
    await waitFor("the runs", async () => {
      const rows = await sql<{ name: string }[]>`
        select name from perigee.runs where state = 'succeeded' and cause = 'notify'`;
      return rows.length === (onNotify ? 2 : 1) ? rows : undefined;
    });
    await daemon.stop();
    assert.deepEqual(await findTicks(), onNotify ? ["05-01T08:10"] : []);
  });
}
