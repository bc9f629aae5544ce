import { randomUUID } from "node:crypto";
import { systemClock } from "../clock.ts";
import { describeRunFailure } from "../schedule/run_failure.ts";
import { Runner } from "../schedule/runner.ts";
import type { Observe } from "../observe/observation.ts";
import type { CommandIo } from "./command.ts";
import type { Workplace } from "./workplace.ts";

/** As the daemon's; a command that is killed frees its name as late. */
const leaseMs = 15_000;

/** A runner for one command, which stops what runs when the user does. */
export function openRunner(
  place: Workplace,
  io: CommandIo,
  observe: Observe = () => undefined,
): { runner: Runner; daemonId: string } {
  const daemonId = randomUUID();
  const runner = new Runner({
    hub: place.hub.sql,
    daemonId,
    clock: systemClock,
    observe,
    leaseMs,
    describe: (error, name) => describeRunFailure(error, name, place.hubTarget),
  });
  io.signal.addEventListener("abort", () => void runner.stop(0), { once: true });
  return { runner, daemonId };
}
