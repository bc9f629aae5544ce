import { findLastRuns } from "../hub/run.ts";
import { readSinkQueues } from "../hub/sink_queues.ts";
import { jobsOf } from "../schedule/jobs.ts";
import type { Command } from "./command.ts";
import { isJson, withWorkplace } from "./workplace.ts";

/** `perigee status`: the newest run of everything that runs, and what waits for sinks. */
export const status: Command = {
  name: "status",
  summary: "show the newest run of each import, segment, trigger and export, and the sinks' queues",
  usage: "",
  options: [],
  examples: ["perigee status", "perigee status --json"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const jobs = jobsOf(place, () => Promise.resolve({ state: "taken" }));
      const runs = await findLastRuns(place.hub.sql, jobs.map(({ name }) => name));
      const byName = new Map(runs.map((run) => [run.name, run]));
      let failing = 0;
      for (const { name, ticks } of jobs) {
        const run = byName.get(name);
        const nextRunAt = ticks?.next(place.now)?.toISOString();
        if (run?.state === "failed" || run?.state === "abandoned") failing += 1;
        if (isJson(input)) io.out(`${JSON.stringify({ name, nextRunAt, lastRun: run ?? null })}\n`);
        else {
          const when = run?.finishedAt?.toISOString() ?? run?.startedAt.toISOString() ?? "";
          io.out(`${name.padEnd(30)} ${(run?.state ?? "never ran").padEnd(10)} ${when}\n`);
          if (run?.errorMessage) io.out(`  ${run.errorCode} ${run.errorMessage}\n`);
          if (run?.errorMessage && run.errorAdvice) io.out(`  ${run.errorAdvice}\n`);
        }
      }
      for (const queue of await readSinkQueues(place.hub.sql, [...place.config.sinks.keys()])) {
        const { name, state, reason, pending, dead } = queue;
        if (isJson(input)) io.out(`${JSON.stringify({ name: `sink/${name}`, queue })}\n`);
        else {
          const waiting = `${pending} waiting, ${dead} dead letters`;
          io.out(`${`sink/${name}`.padEnd(30)} ${state.padEnd(10)} ${waiting}\n`);
          if (state !== "active" && reason !== null) io.out(`  ${reason}\n`);
        }
      }
      return failing === 0 ? 0 : 1;
    }),
};
