import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { waitFor } from "../support/wait.ts";

const launcher = fileURLToPath(new URL("../../scripts/deno.mjs", import.meta.url));

interface Launched {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exitCode: Promise<number | null>;
}

/** Runs a few lines on Deno through the launcher, which itself runs on Node. */
function launch(t: TestContext, code: string): Launched {
  const child = spawn("node", [launcher, "eval", code], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => void child.kill("SIGTERM")); // No harm to one that has ended.
  let text = "";
  child.stdout.on("data", (chunk) => text += String(chunk));
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output: () => text, exitCode };
}

/** Not by `child.kill`, which on Deno sends one signal only and then takes the child for killed. */
function signal({ child }: Launched, name: NodeJS.Signals): void {
  process.kill(child.pid ?? 0, name);
}

/** Counts signals, says so, and ends with their number at the first SIGTERM. */
const counting = `
  let count = 0;
  const hold = setInterval(() => undefined, 1000);
  for (const name of ["SIGINT", "SIGHUP"]) {
    Deno.addSignalListener(name, () => console.log(name, ++count));
  }
  Deno.addSignalListener("SIGTERM", () => Deno.exit(40 + count));
  console.log("ready");`;

const until = (launched: Launched, text: string) =>
  waitFor(`"${text}"`, () => launched.output().includes(text) ? true : undefined);

test("the exit code of the program is the launcher's", async (t) => {
  assert.equal(await launch(t, "Deno.exit(7)").exitCode, 7);
  assert.equal(await launch(t, "console.log(1)").exitCode, 0);
});

test("signals reach the program, and its own end is awaited", async (t) => {
  const launched = launch(t, counting);
  await until(launched, "ready");
  signal(launched, "SIGHUP");
  await until(launched, "SIGHUP 1");
  signal(launched, "SIGINT");
  await until(launched, "SIGINT 2");
  signal(launched, "SIGTERM");
  assert.equal(await launched.exitCode, 42);
});

test("the two SIGINTs of one Ctrl-C under npm are one", async (t) => {
  const launched = launch(t, counting);
  await until(launched, "ready");
  signal(launched, "SIGINT");
  await new Promise((resolve) => setImmediate(resolve)); // Two that wait at once would be merged.
  signal(launched, "SIGINT");
  await until(launched, "SIGINT 1");
  signal(launched, "SIGTERM");
  assert.equal(await launched.exitCode, 41);
});

test("a program that a signal ends has the shell's exit code for it", async (t) => {
  const launched = launch(t, 'console.log("ready"); setInterval(() => undefined, 1000)');
  await until(launched, "ready");
  signal(launched, "SIGTERM");
  assert.equal(await launched.exitCode, 143);
});
