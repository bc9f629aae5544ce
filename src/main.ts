import process from "node:process";
import { commands } from "./cli/commands.ts";
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

process.exitCode = await dispatch(process.argv.slice(2), commands, {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  isErrTerminal: process.stderr.isTTY === true,
  env: process.env,
  signal: endOnSignals(),
});
