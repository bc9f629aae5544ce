import { writeSync } from "node:fs";
import process from "node:process";
import type { Command } from "./cli/command.ts";
import { describeCrash } from "./cli/describe_crash.ts";
import { dispatch } from "./cli/dispatch.ts";

/** The first signal asks everything to end in order, the second ends at once. */
function endOnSignals(): AbortSignal {
  const ending = new AbortController();
  for (const [name, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(128 + number);
      ending.abort(name);
    });
  }
  return ending.signal;
}

/**
 * The commands among which the word is looked for. The daemon is ready sooner without what it does not
 * need, and so is a health check, which containers ask for twice a minute.
 */
async function loadCommands(verb: string | undefined): Promise<readonly Command[]> {
  if (verb === "start") return [(await import("./cli/start.ts")).start];
  if (verb === "health") return [(await import("./cli/health.ts")).health];
  return (await import("./cli/commands.ts")).commands;
}

const secrets = new Set<string>();

/** Whatever nothing caught ends the process: what it would go on with is not known. */
function crash(error: unknown): never {
  writeSync(2, describeCrash(error, [...secrets]));
  process.exit(1);
}

process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
const words = process.argv.slice(2);
process.exitCode = await dispatch(words, await loadCommands(words[0]), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  isErrTerminal: process.stderr.isTTY === true,
  env: process.env,
  learnSecrets: (more) => more.forEach((each) => secrets.add(each)),
  signal: endOnSignals(),
}).catch(crash);
