import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observation } from "../observe/observation.ts";
import { withProgress } from "./with_progress.ts";

const copying: Observation = {
  kind: "work_progress",
  name: "export/shop",
  what: "contacts",
  unit: "rows",
  stage: "copied",
  done: 50,
  total: 100,
  elapsedMs: 2_000,
  isForLog: false,
};
const text = "contacts: 50 of about 100 rows copied (50 %), 25 rows/s, 2 s left";

/** Shows the observations and answers what went to standard error. */
async function show(isErrTerminal: boolean, observations: readonly Observation[]) {
  let err = "";
  const io = {
    out: () => assert.fail("progress goes to standard error"),
    err: (more: string) => void (err += more),
    isTerminal: true,
    isErrTerminal,
    env: {},
    signal: new AbortController().signal,
  };
  await withProgress(io, (observe) => {
    for (const observation of observations) observe(observation);
    return Promise.resolve();
  });
  return err;
}

test("on a terminal one line is written over, and is gone at the end", async () => {
  const line = `\r\x1b[?7l${text}\x1b[K\x1b[?7h`;
  assert.equal(await show(true, [copying, copying]), `${line}${line}\r\x1b[?7l\x1b[K\x1b[?7h`);
});

test("elsewhere the observations for a log become plain lines", async () => {
  const forLog: Observation = { ...copying, isForLog: true };
  assert.equal(await show(false, [copying, forLog]), `export/shop: ${text}\n`);
});

test("work that tells nothing shows nothing", async () => {
  assert.equal(await show(true, []), "");
});
