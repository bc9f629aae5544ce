import type { RunResult } from "../schedule/runner.ts";
import type { CommandIo } from "./command.ts";

/** Prints how a run by hand ended and answers the exit code; throws what stopped it for people. */
export function reportRun(
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
