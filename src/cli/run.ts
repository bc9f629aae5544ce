import { randomUUID } from "node:crypto";
import { systemClock } from "../clock.ts";
import { previewTrigger } from "../trigger/preview_trigger.ts";
import { resyncExport } from "../export/resync_export.ts";
import { jobsOf } from "../schedule/jobs.ts";
import { describeRunFailure } from "../schedule/run_failure.ts";
import { Runner, type RunResult } from "../schedule/runner.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import type { Command, CommandInput, CommandIo } from "./command.ts";
import {
  isJson,
  momentOption,
  requireNamed,
  usage,
  withWorkplace,
  type Workplace,
} from "./workplace.ts";

/** As the daemon's; a command that is killed frees its name as late. */
const leaseMs = 15_000;

/** `perigee run`: one run by hand, beside a running daemon. */
export const run: Command = {
  name: "run",
  summary: "run one import, segment, trigger or export now, beside a running daemon",
  usage: "<kind>/<name> [--at <moment>] [--full] [--dry-run]",
  options: [
    { name: "at", type: "string", placeholder: "moment", help: "the tick to run (default: now)" },
    { name: "full", type: "boolean", help: "exports: compare the tables in full" },
    { name: "dry-run", type: "boolean", help: "triggers: say who would get an event" },
  ],
  examples: [
    "perigee run export/shop --full",
    "perigee run import/customers --json",
    "perigee run trigger/birthday --dry-run",
  ],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const [name, ...more] = input.positionals;
      if (name === undefined || more.length > 0) {
        throw usage("run takes one name, such as export/shop");
      }
      const scheduledAt = momentOption(input, "at") ?? place.now;
      if (input.values["dry-run"] === true) {
        return await preview(name, scheduledAt, input, io, place);
      }
      if (input.values["full"] === true) {
        await resyncExport(requireNamed(name, "export", place.config.exports), place);
      }
      return report(name, await runOnce(name, scheduledAt, io, place), isJson(input), io);
    }),
};

async function runOnce(
  name: string,
  scheduledAt: Date,
  io: CommandIo,
  place: Workplace,
): Promise<RunResult> {
  const [hub, observe, daemonId] = [place.hub.sql, () => {}, randomUUID()];
  const describe = (error: unknown, failed: string) =>
    describeRunFailure(error, failed, place.hubTarget);
  const runner = new Runner({ hub, daemonId, clock: systemClock, observe, leaseMs, describe });
  const scheduler = new Scheduler({ hub, runner, daemonId, clock: systemClock, observe });
  const jobs = jobsOf(place, (tick) => scheduler.runTick(tick));
  requireNamed(name, "run", new Map(jobs.map((job) => [job.name, job])));
  scheduler.know(jobs);
  io.signal.addEventListener("abort", () => void runner.stop(0), { once: true });
  try {
    return await scheduler.runTick({ name, scheduledAt, cause: "command" });
  } finally {
    await scheduler.stop();
  }
}

async function preview(
  name: string,
  scheduledAt: Date,
  input: CommandInput,
  io: CommandIo,
  place: Workplace,
): Promise<number> {
  const trigger = requireNamed(name, "trigger", place.config.triggers);
  const seen = await previewTrigger(trigger, scheduledAt, place);
  if (isJson(input)) io.out(`${JSON.stringify(seen)}\n`);
  else {
    io.out(
      `${seen.due} of ${seen.members} members would get an event, to ${seen.sinks.join(", ")}\n`,
    );
    io.out(`contacts: ${seen.contactIds.join(", ") || "none"}\n`);
    if (seen.sample !== undefined) io.out(`${JSON.stringify(seen.sample, null, 2)}\n`);
  }
  return 0;
}

function report(
  name: string,
  result: RunResult,
  isJson: boolean,
  io: CommandIo,
): number {
  if (isJson) {
    const error = result.state === "failed"
      ? { code: result.error.code, message: result.error.message, advice: result.error.advice }
      : undefined;
    const counts = result.state === "succeeded" ? result.counts : undefined;
    io.out(`${JSON.stringify({ name, state: result.state, counts, error })}\n`);
  } else if (result.state === "succeeded") {
    const counts = Object.entries(result.counts).map(([what, number]) => `${what} ${number}`);
    io.out(`${name} succeeded: ${counts.join(", ") || "nothing to do"}\n`);
  } else if (result.state === "failed") throw result.error;
  else io.out(`${name}: this tick was claimed by another daemon\n`);
  return result.state === "failed" ? 1 : 0;
}
