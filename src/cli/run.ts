import { randomUUID } from "node:crypto";
import { systemClock } from "../clock.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { jobsOf } from "../schedule/jobs.ts";
import { Runner } from "../schedule/runner.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import { describeRunFailure } from "../schedule/run_failure.ts";
import { nearest } from "../config/spelling.ts";
import type { Command, CommandIo } from "./command.ts";
import { configFolder } from "./command.ts";
import { openCommandHub } from "./open_command_hub.ts";

/** As the daemon's; a command that is killed frees its name as late. */
const leaseMs = 15_000;

/** `perigee run`: one run by hand, beside a running daemon. */
export const run: Command = {
  name: "run",
  summary: "run one import, segment, trigger or export now, beside a running daemon",
  usage: "<kind>/<name>",
  options: [],
  examples: ["perigee run export/shop", "perigee run import/customers --json"],
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined || input.positionals.length > 1) {
      throw new PerigeeError("run takes one name, such as export/shop", {
        kind: "usage",
        code: "PG921",
        advice: "perigee run --help shows examples.",
      });
    }
    const observe = () => {};
    const hub = await openCommandHub(configFolder(input, io), io, observe);
    const connectors = new ConnectorRegistry(hub.config.connectors);
    const deps = { config: hub.config, hub: hub.pool, hubTarget: hub.target, connectors };
    const daemonId = randomUUID();
    const runner = new Runner({
      hub: hub.pool.sql,
      daemonId,
      clock: systemClock,
      observe,
      leaseMs,
      describe: (error, failed) => describeRunFailure(error, failed, hub.target),
    });
    const options = { hub: hub.pool.sql, runner, daemonId, clock: systemClock, observe };
    const scheduler = new Scheduler(options);
    try {
      const jobs = jobsOf(deps, (tick) => scheduler.runTick(tick));
      requireName(name, jobs.map((job) => job.name));
      scheduler.know(jobs);
      io.signal.addEventListener("abort", () => void runner.stop(0), { once: true });
      const tick = { name, scheduledAt: systemClock.now(), cause: "command" as const };
      const result = await scheduler.runTick(tick);
      return report(name, result, input.values["json"] === true, io);
    } finally {
      await scheduler.stop();
      await connectors.close(1_000);
      await hub.close(1_000);
    }
  },
};

function requireName(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const meant = nearest(name, known);
  throw new PerigeeError(`nothing that runs is called ${name}`, {
    kind: "usage",
    code: "PG922",
    advice: meant === undefined
      ? `Known are: ${known.join(", ")}.`
      : `Did you mean ${meant}? Known are: ${known.join(", ")}.`,
  });
}

function report(
  name: string,
  result: Awaited<ReturnType<Scheduler["runTick"]>>,
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
