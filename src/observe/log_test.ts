import assert from "node:assert/strict";
import test from "node:test";
import { PerigeeError } from "../error.ts";
import { type LogOptions, openLog } from "./log.ts";
import type { Observation } from "./observation.ts";

function logOf(observations: Observation[], options: Partial<LogOptions> = {}): string[] {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const observe = openLog({ isTerminal: false, secrets: [], write, ...options });
  for (const observation of observations) observe(observation);
  return written.join("").split("\n").filter((line) => line !== "");
}

const finished: Observation = {
  kind: "run_finished",
  name: "import/customers",
  runId: "7",
  state: "succeeded",
  durationMs: 1_234,
  counts: { inserted: 1_200, updated: 0, skipped: 1 },
};
const failed: Observation = {
  kind: "run_failed",
  name: "export/shop",
  runId: "8",
  durationMs: 20,
  error: new PerigeeError("Could not log in with swordfish", {
    kind: "credentials",
    code: "PG210",
    advice: "Correct the password.",
    cause: new Error("swordfish was refused"),
  }),
  retryInMs: 60_000,
};

test("an observation is one line of JSON with its own fields and plain words", () => {
  const [line, ...rest] = logOf([finished]).map((text) => JSON.parse(text));
  assert.deepEqual(rest, []);
  assert.ok(Math.abs(Date.parse(line.time) - Date.now()) < 60_000);
  delete line.time;
  assert.deepEqual(line, {
    level: "info",
    ...finished,
    msg: "import/customers done in 1.2 s: 1,200 inserted, 1 skipped",
  });
});

test("an error is logged with its code and advice, and without the driver's own words", () => {
  const [line = ""] = logOf([failed]);
  const { error, level, msg } = JSON.parse(line);
  assert.equal(level, "error");
  assert.deepEqual([error.code, error.kind, error.stack], ["PG210", "credentials", undefined]);
  assert.match(msg, /→ Correct the password\.; next try in 60 s$/);
  assert.doesNotMatch(line, /was refused/);
});

test("a fault of ours is logged with the place where it arose", () => {
  const error = new PerigeeError("It broke", { kind: "internal", code: "PG999" });
  const [line = ""] = logOf([{ kind: "fault", where: "schedule", error }]);
  assert.match(JSON.parse(line).error.stack, /log_test\.ts/);
});

test("no secret of the configuration reaches the log, as JSON or on a terminal", () => {
  for (const isTerminal of [false, true]) {
    const lines = logOf([failed], { isTerminal, secrets: ["swordfish"] }).join("\n");
    assert.match(lines, /Could not log in with \[secret\]/);
    assert.doesNotMatch(lines, /swordfish/);
  }
});

test("secrets that a reload brought are hidden from then on", () => {
  let secrets: string[] = [];
  const written: string[] = [];
  const observe = openLog({
    isTerminal: false,
    secrets: () => secrets,
    write: (text) => void written.push(text),
  });
  observe({ kind: "progress", text: "swordfish" });
  secrets = ["swordfish"];
  observe({ kind: "progress", text: "swordfish" });
  assert.deepEqual(written.map((text) => JSON.parse(text).msg), ["swordfish", "[secret]"]);
});

test("what is below the level is not logged", () => {
  const started: Observation = { kind: "run_started", name: "a", runId: "1", cause: "start" };
  assert.equal(logOf([started, finished]).length, 1);
  assert.equal(logOf([started, finished], { level: "debug" }).length, 2);
  assert.equal(logOf([started, finished], { level: "error" }).length, 0);
});

test("a terminal gets the words alone, and is told that a link is not secured", () => {
  const [line = ""] = logOf([
    { kind: "connector_checked", connector: "shop", isSecured: false, latencyMs: 0.42 },
  ], { isTerminal: true });
  assert.match(line, /connector shop answers in 0\.4 ms: Connection is not SSL-secured/);
  assert.doesNotMatch(line, /[{}]/);
});

test("a run that had nothing to do is no news", () => {
  const idle: Observation = { ...finished, counts: { inserted: 0 } };
  assert.equal(logOf([idle]).length, 0);
  const [line = ""] = logOf([idle], { level: "debug" });
  assert.match(line, /nothing to do/);
});
