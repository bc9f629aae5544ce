import { systemClock } from "../clock.ts";
import type { Job } from "../schedule/job.ts";
import { jobsOf } from "../schedule/jobs.ts";
import type { RunResult } from "../schedule/runner.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import type { CommandIo } from "./command.ts";
import { openRunner } from "./open_runner.ts";
import { withProgress } from "./with_progress.ts";
import { requireNamed, type Workplace } from "./workplace.ts";

/**
 * Runs one tick of a name such as `export/shop`, beside daemons that may be running, and answers how
 * it ended; `change` may have it do other work than its schedule would. Shows how far it is. Waits
 * while the name is busy. Throws PG922 for a name that the configuration lacks.
 */
export async function runByHand(
  name: string,
  scheduledAt: Date,
  io: CommandIo,
  place: Workplace,
  change: (job: Job) => Job = (job) => job,
): Promise<RunResult> {
  return await withProgress(io, async (observe) => {
    const { runner, daemonId } = openRunner(place, io, observe);
    const options = { hub: place.hub.sql, daemonId, clock: systemClock, observe };
    const scheduler = new Scheduler({ ...options, runner });
    const jobs = jobsOf(place, (tick) => scheduler.runTick(tick, true));
    requireNamed(name, "run", new Map(jobs.map((job) => [job.name, job])));
    scheduler.know(jobs.map((job) => job.name === name ? change(job) : job));
    try {
      return await scheduler.runTick({ name, scheduledAt, cause: "command" });
    } finally {
      await scheduler.stop();
    }
  });
}
