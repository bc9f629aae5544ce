import { findLastRuns } from "../hub/run.ts";
import { jobsOf } from "../schedule/jobs.ts";
import type { Command } from "./command.ts";
import { isJson, withWorkplace } from "./workplace.ts";

/** `perigee status`: the newest run of everything that runs. */
export const status: Command = {
  name: "status",
  summary: "show the newest run of each import, segment, trigger and export",
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
      return failing === 0 ? 0 : 1;
    }),
};
