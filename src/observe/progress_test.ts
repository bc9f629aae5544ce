import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observation } from "./observation.ts";
import { ProgressTeller } from "./progress.ts";

/** A teller whose clock the test moves, with what it told. */
function tellAt() {
  const clock = { ms: 0 };
  const told: string[] = [];
  const observe = (observation: Observation) => {
    if (observation.kind !== "work_progress") return;
    const { stage, done, elapsedMs, isForLog } = observation;
    told.push(`${stage} ${done} after ${elapsedMs}${isForLog ? " (log)" : ""}`);
  };
  const subject = { name: "export/shop", what: "contacts", unit: "rows" } as const;
  return { clock, told, teller: new ProgressTeller(observe, subject, () => clock.ms) };
}

test("what is done within a second tells nothing", () => {
  const { clock, told, teller } = tellAt();
  teller.begin("copied", 100);
  clock.ms = 600;
  teller.advance(100);
  teller.begin("indexed", undefined);
  assert.deepEqual(told, []);
});

test("long work tells once a second, each new stage at once, and the log every ten seconds", () => {
  const { clock, told, teller } = tellAt();
  teller.begin("copied", 10_000);
  for (let step = 1; step <= 25; step += 1) {
    clock.ms = step * 500;
    teller.advance(10);
  }
  clock.ms = 12_700;
  teller.begin("indexed", undefined);
  assert.equal(told.length, 13);
  assert.equal(told[0], "copied 20 after 1000");
  assert.equal(told[9], "copied 200 after 10000 (log)");
  assert.equal(told[12], "indexed 0 after 0");
  assert.equal(told.filter((line) => line.endsWith("(log)")).length, 1);
});
