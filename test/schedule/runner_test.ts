import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { systemClock } from "../../src/clock.ts";
import { PerigeeError } from "../../src/error.ts";
import { claimLease, requireLease } from "../../src/hub/lease.ts";
import { findDueRuns } from "../../src/hub/run.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { Runner, type RunRequest, type Work } from "../../src/schedule/runner.ts";
import { openTestHub } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";

const { sql } = await openTestHub({ after });

function describe(error: unknown): PerigeeError {
  if (error instanceof PerigeeError) return error;
  return new PerigeeError(String(error), { kind: "internal", code: "PG999", cause: error });
}

function startRunner(leaseMs = 15_000): { runner: Runner; daemonId: string; seen: Observation[] } {
  const seen: Observation[] = [];
  const daemonId = randomUUID();
  const observe = (observation: Observation) => void seen.push(observation);
  const runner = new Runner({ hub: sql, daemonId, clock: systemClock, observe, describe, leaseMs });
  return { runner, daemonId, seen };
}

const noon = new Date("2026-05-01T12:00:00Z");

function request(name: string, work: Work, more: Partial<RunRequest> = {}): RunRequest {
  return {
    name,
    work,
    scheduledAt: noon,
    cause: "schedule",
    isRetry: false,
    supersedesOlder: true,
    ...more,
  };
}

interface RunRow {
  readonly state: string;
  readonly attempts: number;
  readonly counts: Record<string, number>;
  readonly errorCode: string | null;
  readonly errorAdvice: string | null;
  readonly isRetried: boolean;
}

async function findRun(name: string, scheduledAt = noon): Promise<RunRow | undefined> {
  const [row] = await sql<RunRow[]>`
    select state, attempts, counts, error_code as "errorCode", error_advice as "errorAdvice",
           retry_at is not null as "isRetried"
    from perigee.runs where name = ${name} and scheduled_at = ${scheduledAt.toISOString()}`;
  return row;
}

/** Work that ends when the test says so, or when its signal aborts. */
function heldWork(): { work: Work; started: Promise<void>; finish(): void } {
  let finish = () => {};
  let begin = () => {};
  const started = new Promise<void>((resolve) => begin = resolve);
  const finished = new Promise<void>((resolve) => finish = resolve);
  const work: Work = async ({ signal }) => {
    begin();
    await Promise.race([
      finished,
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ]);
    return { rows: 1 };
  };
  return { work, started, finish };
}

test("of ten daemons that are asked for the same tick one runs it", async () => {
  let runs = 0;
  const work: Work = () => Promise.resolve({ rows: ++runs });
  const results = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const { runner } = startRunner();
      for (;;) {
        const result = await runner.run(request("export/one", work));
        if (result.state === "failed") throw result.error;
        if (result.state !== "busy") return result.state;
      }
    }),
  );
  assert.equal(runs, 1);
  assert.deepEqual(results.sort(), ["succeeded", ...Array(9).fill("taken")]);
  assert.deepEqual((await findRun("export/one"))?.counts, { rows: 1 });
});

test("a name that runs is busy for every other daemon, whatever the tick", async () => {
  const held = heldWork();
  const first = startRunner().runner.run(request("export/busy", held.work));
  await held.started;
  const later = { scheduledAt: new Date("2026-05-01T12:15:00Z") };
  const second = await startRunner().runner.run(request("export/busy", held.work, later));
  assert.equal(second.state, "busy");
  held.finish();
  assert.equal((await first).state, "succeeded");
  assert.equal(await findRun("export/busy", later.scheduledAt), undefined);
});

test("a failure is recorded with its code and advice, observed, and tried again", async () => {
  const { runner, seen } = startRunner();
  const refused = new PerigeeError("shop refused the connection", {
    kind: "connection",
    code: "PG202",
    advice: "Start it.",
  });
  const result = await runner.run(request("import/fails", () => Promise.reject(refused)));
  assert.equal(result.state, "failed");
  const row = await findRun("import/fails");
  assert.equal(row?.state, "failed");
  assert.equal(row?.errorCode, "PG202");
  assert.equal(row?.errorAdvice, "Start it.");
  assert.equal(row?.isRetried, true);
  assert.deepEqual(seen.map((each) => each.kind), ["run_started", "run_failed"]);

  const again = request("import/fails", () => Promise.resolve({ rows: 3 }), { isRetry: true });
  assert.equal((await runner.run(again)).state, "succeeded");
  const after = await findRun("import/fails");
  assert.equal(after?.state, "succeeded");
  assert.equal(after?.attempts, 2);
  assert.equal(after?.errorCode, null);
  assert.equal((await runner.run(again)).state, "taken");
});

test("a failure that no retry can help waits for the next tick", async () => {
  const missing = new PerigeeError("no such table", { kind: "schema", code: "PG230" });
  await startRunner().runner.run(request("import/schema", () => Promise.reject(missing)));
  assert.equal((await findRun("import/schema"))?.isRetried, false);
});

test("a newer run takes the place of older attempts, except where each tick counts", async () => {
  const broken = new PerigeeError("gone", { kind: "connection", code: "PG207" });
  const { runner } = startRunner();
  for (const name of ["export/newer", "trigger/newer"]) {
    const supersedesOlder = name.startsWith("export/");
    await runner.run(request(name, () => Promise.reject(broken), { supersedesOlder }));
    await runner.run(request(name, () => Promise.resolve({}), {
      scheduledAt: new Date("2026-05-01T12:15:00Z"),
      supersedesOlder,
    }));
  }
  assert.equal((await findRun("export/newer"))?.isRetried, false);
  assert.equal((await findRun("trigger/newer"))?.isRetried, true);
});

test("a stopping daemon leaves its tick to the next one, at once", async () => {
  const held = heldWork();
  const { runner } = startRunner();
  const running = runner.run(request("trigger/stopped", held.work));
  await held.started;
  assert.equal(await runner.stop(5_000), 0);
  assert.equal((await running).state, "failed");
  assert.equal((await findRun("trigger/stopped"))?.state, "abandoned");
  const due = await findDueRuns(sql);
  assert.deepEqual(
    due.filter((tick) => tick.name === "trigger/stopped").map((tick) => tick.scheduledAt),
    [noon],
  );
});

test("the tick of a daemon that died is due for the others once its lease has run out", async () => {
  const dead = randomUUID();
  await sql`insert into perigee.runs (name, scheduled_at, cause, daemon_id)
    values ('trigger/died', ${noon.toISOString()}, 'schedule', ${dead})`;
  const lease = await claimLease(sql, "trigger/died", dead, 300);
  assert.ok(lease);
  const isDue = async () => (await findDueRuns(sql)).some((tick) => tick.name === "trigger/died");
  assert.equal(await isDue(), false);
  await waitFor("the lease to run out", async () => await isDue() || undefined);

  const { runner, seen } = startRunner();
  const takeOver = request("trigger/died", () => Promise.resolve({}), { isRetry: true });
  assert.equal((await runner.run(takeOver)).state, "succeeded");
  assert.deepEqual(seen.map((each) => each.kind), ["run_taken_over", "run_finished"]);
  await assert.rejects(
    sql.begin((tx) => requireLease(tx, lease)),
    { code: "PG410", kind: "conflict" },
  );
});

test("a run that lost its lease is told to stop and does not record its end", async () => {
  const held = heldWork();
  const { runner } = startRunner(300);
  const running = runner.run(request("export/lost", held.work));
  await held.started;
  const other = randomUUID();
  await sql`update perigee.leases set holder = ${other}, fence = fence + 1,
      expires_at = now() + interval '1 minute' where name = 'export/lost'`;
  await sql`update perigee.runs set daemon_id = ${other} where name = 'export/lost'`;
  const result = await running;
  assert.equal(result.state, "failed");
  assert.equal(result.state === "failed" && result.error.code, "PG410");
  assert.equal((await findRun("export/lost"))?.state, "running");
});
