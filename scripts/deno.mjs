/**
 * Runs Deno from node_modules with the given arguments, and passes signals and the exit code on.
 * The launcher that comes with the package waits in a way that no signal passes.
 */
import { spawn } from "node:child_process";
import os from "node:os";
import process from "node:process";

import { findDeno } from "./find_deno.mjs";

/**
 * A terminal's Ctrl-C reaches us twice, from the terminal and from npm. For the daemon a second
 * signal means "at once", so what follows within this time is the same Ctrl-C.
 */
const sameSignalMs = 250;

const deno = findDeno();
if (deno === undefined) {
  console.error(`Deno is not installed for this machine (${process.platform}-${process.arch}).`);
  console.error("Run npm ci, or use Node: node --import tsx src/main.ts start");
  process.exit(1);
}

// In a session of its own, so that a terminal's signals arrive through us alone.
const child = spawn(deno, process.argv.slice(2), {
  stdio: "inherit",
  detached: process.platform !== "win32",
});

let last = { signal: "", at: -Infinity };
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    const at = performance.now();
    const isSame = last.signal === signal && at - last.at < sameSignalMs;
    last = { signal, at };
    if (!isSame) child.kill(signal);
  });
}
child.on("error", (error) => {
  console.error(`Deno could not be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0));
});
