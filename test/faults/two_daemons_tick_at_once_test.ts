import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { PerigeeError } from "../../src/error.ts";
import { Runner } from "../../src/schedule/runner.ts";
import { Scheduler } from "../../src/schedule/scheduler.ts";
import type { Job } from "../../src/schedule/job.ts";
import { openPool } from "../../src/postgres/pool.ts";
import { openTestHub, type Scope, type TestDatabase } from "../support/database.ts";
import { holdClock } from "../support/held_clock.ts";

const start = new Date("2026-05-01T12:00:00Z");
const ticks = 150;
const daemons = 3;

/** One daemon's scheduler with sessions of its own. */
function openScheduler(scope: Scope, hub: TestDatabase, job: Job): Scheduler {
  const pool = openPool(hub.target, { max: 2 });
  scope.after(() => pool.close(1_000));
  const options = {
    hub: pool.sql,
    daemonId: randomUUID(),
    clock: holdClock(start),
    observe: () => {},
  };
  const describe = (error: unknown) =>
    new PerigeeError(String(error), { kind: "internal", code: "PG999", cause: error });
  const runner = new Runner({ ...options, describe, leaseMs: 15_000 });
  const scheduler = new Scheduler({ ...options, runner });
  scheduler.know([job]);
  return scheduler;
}

test("a tick that leaves itself out when busy is run once, however close three daemons come", async (t) => {
  const hub = await openTestHub(t);
  const ran: string[] = [];
  const job: Job = {
    name: "trigger/close",
    wave: 1,
    ticks: undefined,
    work: ({ scheduledAt }) => {
      ran.push(scheduledAt.toISOString());
      return Promise.resolve({ events: 1 });
    },
    runsAtStart: false,
    supersedesOlder: false,
    skipsWhenBusy: true,
    channels: [],
    debounceMs: 100,
    followers: () => [],
    missedTicks: () => [],
  };
  const schedulers = Array.from({ length: daemons }, () => openScheduler(t, hub, job));
  const wanted = Array.from(
    { length: ticks },
    (_, tick) => new Date(start.getTime() + tick * 60_000),
  );
  for (const scheduledAt of wanted) {
    const tick = { name: job.name, scheduledAt, cause: "schedule" as const };
    await Promise.all(schedulers.map((scheduler) => scheduler.runTick(tick)));
  }
  assert.deepEqual(ran, wanted.map((moment) => moment.toISOString()));
  const rows = await hub.sql<{ counts: unknown; state: string }[]>`
    select distinct counts, state from perigee.runs where name = ${job.name}`;
  assert.deepEqual([...rows], [{ counts: { events: 1 }, state: "succeeded" }]);
});
