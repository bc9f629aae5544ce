import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { PerigeeError } from "../../src/error.ts";
import type { Job } from "../../src/schedule/job.ts";
import { Runner, type Work } from "../../src/schedule/runner.ts";
import { Scheduler } from "../../src/schedule/scheduler.ts";
import { ticksOf } from "../../src/schedule/ticks.ts";
import { openTestHub, type Scope } from "../support/database.ts";
import { type HeldClock, holdClock } from "../support/held_clock.ts";
import { waitFor } from "../support/wait.ts";

const { sql } = await openTestHub({ after });

const start = new Date("2026-05-01T12:01:00Z");
const minuteMs = 60_000;

function everyQuarter(name: string, work: Work, more: Partial<Job> = {}): Job {
  const ticks = ticksOf({
    everyMs: 15 * minuteMs,
    cron: undefined,
    timezone: "UTC",
    startsAt: undefined,
    endsAt: undefined,
    weekdays: [],
  });
  return {
    name,
    wave: 1,
    ticks,
    work,
    runsAtStart: false,
    supersedesOlder: true,
    skipsWhenBusy: false,
    channels: [],
    debounceMs: 20,
    followers: () => [],
    missedTicks: () => [],
    ...more,
  };
}

async function startScheduler(scope: Scope, clock: HeldClock, jobs: Job[]): Promise<Scheduler> {
  const daemonId = randomUUID();
  const observe = () => {};
  const describe = (error: unknown) => {
    if (error instanceof PerigeeError) return error;
    return new PerigeeError(String(error), { kind: "internal", code: "PG999", cause: error });
  };
  const runner = new Runner({ hub: sql, daemonId, clock, observe, describe, leaseMs: 15_000 });
  const scheduler = new Scheduler({ hub: sql, runner, daemonId, clock, observe });
  await scheduler.start(jobs);
  scope.after(async () => {
    await scheduler.stop();
    await runner.stop(5_000);
  });
  return scheduler;
}

async function findStates(name: string): Promise<string[]> {
  const rows = await sql<{ state: string; scheduledAt: string }[]>`
    select state, to_char(scheduled_at at time zone 'UTC', 'HH24:MI') as "scheduledAt"
    from perigee.runs where name = ${name} order by scheduled_at`;
  return rows.map((row) => `${row.scheduledAt} ${row.state}`);
}

async function waitForStates(name: string, wanted: string[]): Promise<void> {
  await waitFor(`the runs ${wanted} of ${name}`, async () => {
    const found = await findStates(name);
    if (found.length > wanted.length) assert.deepEqual(found, wanted);
    return found.join() === wanted.join() || undefined;
  });
}

test("two daemons on one hub run each tick once", async (t) => {
  const name = "export/twice";
  let runs = 0;
  const work: Work = () => Promise.resolve({ runs: ++runs });
  const clocks = [holdClock(start), holdClock(start)];
  for (const clock of clocks) await startScheduler(t, clock, [everyQuarter(name, work)]);
  for (const wanted of [["12:15"], ["12:15", "12:30"]]) {
    for (const clock of clocks) clock.advance(15 * minuteMs);
    await waitForStates(name, wanted.map((time) => `${time} succeeded`));
  }
  assert.equal(runs, 2);
});

test("ticks that the clock jumped over become one run, of the last", async (t) => {
  const clock = holdClock(start);
  await startScheduler(t, clock, [everyQuarter("export/jump", () => Promise.resolve({}))]);
  clock.advance(10 * 60 * minuteMs);
  await waitForStates("export/jump", ["22:00 succeeded"]);
});

test("a clock that was set back makes no schedule wait until the old time comes again", async (t) => {
  const clock = holdClock(start);
  await startScheduler(t, clock, [everyQuarter("export/back", () => Promise.resolve({}))]);
  clock.advance(10 * 60 * minuteMs);
  await waitForStates("export/back", ["22:00 succeeded"]);
  clock.set(new Date(start.getTime() + 5 * minuteMs));
  await waitFor("the next tick of the time that it is", async () => {
    clock.advance(minuteMs);
    const rows = await sql`select from perigee.runs
      where name = 'export/back' and scheduled_at = '2026-05-01T12:15:00Z' and state = 'succeeded'`;
    return rows.length === 1 || undefined;
  });
});

test("what later waves read, earlier waves have written when a daemon starts", async (t) => {
  const order: string[] = [];
  const note = (name: string): Work => (context) => {
    order.push(name);
    return Promise.resolve({ cause: context.cause === "start" ? 1 : 0 });
  };
  const jobs = [["export/last", 3], ["segment/middle", 2], ["import/first", 1]] as const;
  const clock = holdClock(start);
  await startScheduler(
    t,
    clock,
    jobs.map(([name, wave]) => everyQuarter(name, note(name), { wave, runsAtStart: true })),
  );
  await waitFor("three runs", () => {
    clock.advance(20);
    return order.length === 3 || undefined;
  });
  assert.deepEqual(order, ["import/first", "segment/middle", "export/last"]);
});

test("missed ticks that a job makes up for run in order, each once", async (t) => {
  const missed = [new Date("2026-04-30T09:00:00Z"), new Date("2026-05-01T09:30:00Z")];
  const seen: string[] = [];
  const work: Work = ({ scheduledAt, cause }) => {
    seen.push(`${scheduledAt.toISOString()} ${cause}`);
    return Promise.resolve({});
  };
  const job = everyQuarter("trigger/missed", work, {
    supersedesOlder: false,
    missedTicks: () => missed,
  });
  await startScheduler(t, holdClock(start), [job]);
  await waitForStates("trigger/missed", ["09:00 succeeded", "09:30 succeeded"]);
  assert.deepEqual(seen, missed.map((tick) => `${tick.toISOString()} catch_up`));
});

test("a burst of notifications runs a job twice: at once and after the burst", async (t) => {
  let runs = 0;
  const clock = holdClock(start);
  const work: Work = () => {
    clock.advance(1);
    return Promise.resolve({ runs: ++runs });
  };
  // The held clock moves in the first run, which has to begin before the burst is over.
  const job = everyQuarter("export/burst", work, { debounceMs: 500 });
  const scheduler = await startScheduler(t, clock, [job]);
  for (let wakes = 0; wakes < 100; wakes++) scheduler.wake("export/burst");
  await waitFor("the second run", () => runs === 2 || undefined);
  await waitForStates("export/burst", ["12:01 succeeded", "12:01 succeeded"]);
});

test("a job that succeeded asks for its followers, with the same tick", async (t) => {
  const jobs = [
    everyQuarter("segment/lead", () => Promise.resolve({ entered: 1 }), {
      followers: (cause, counts) => cause === "notify" && counts["entered"] ? ["trigger/next"] : [],
    }),
    everyQuarter("trigger/next", () => Promise.resolve({}), { supersedesOlder: false }),
  ];
  const scheduler = await startScheduler(t, holdClock(start), jobs);
  scheduler.request("segment/lead", "notify");
  await waitForStates("trigger/next", ["12:01 succeeded"]);
});

test("a failed tick is tried again when its time has come", async (t) => {
  let isBroken = true;
  const clock = holdClock(start);
  const work: Work = () => {
    if (!isBroken) return Promise.resolve({});
    isBroken = false;
    return Promise.reject(new PerigeeError("gone", { kind: "connection", code: "PG207" }));
  };
  const scheduler = await startScheduler(t, clock, [everyQuarter("import/again", work)]);
  scheduler.request("import/again", "command");
  await waitForStates("import/again", ["12:01 failed"]);
  await sql`update perigee.runs set retry_at = now() where name = 'import/again'`;
  await waitFor("the retry", async () => {
    clock.advance(1_000);
    return (await findStates("import/again"))[0] === "12:01 succeeded" || undefined;
  });
});

test("a tick of a job that is no longer configured is given up", async (t) => {
  await sql`insert into perigee.runs (name, scheduled_at, cause, daemon_id)
    values ('export/removed', ${start.toISOString()}, 'schedule', ${randomUUID()})`;
  const clock = holdClock(start);
  await startScheduler(t, clock, []);
  await waitFor("the end of the run", async () => {
    clock.advance(1_000);
    return (await findStates("export/removed"))[0] === "12:01 abandoned" || undefined;
  });
});

test("a job that skips when busy leaves a tick out and says so in its record", async (t) => {
  let finish = () => {};
  const work: Work = () => new Promise((resolve) => finish = () => resolve({ rows: 1 }));
  const clock = holdClock(start);
  const job = everyQuarter("trigger/skip", work, { supersedesOlder: false, skipsWhenBusy: true });
  await startScheduler(t, clock, [job]);
  clock.advance(14 * minuteMs);
  await waitForStates("trigger/skip", ["12:15 running"]);
  const other = await startScheduler(t, clock, [job]);
  await other.runTick({
    name: "trigger/skip",
    scheduledAt: new Date("2026-05-01T12:30:00Z"),
    cause: "schedule",
  });
  finish();
  await waitForStates("trigger/skip", ["12:15 succeeded", "12:30 succeeded"]);
  const [row] = await sql`select counts from perigee.runs
    where name = 'trigger/skip' and scheduled_at = '2026-05-01T12:30:00Z'`;
  assert.deepEqual(row?.["counts"], { skipped: 1 });
});
