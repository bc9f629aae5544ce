import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { lastFirst } from "../support/last_first.ts";
import { formatReport, judge } from "./report.ts";
import { runSoak } from "./run_soak.ts";

const seed = Number(process.env["PERIGEE_SEED"] ?? Math.floor(Math.random() * 1e9));

test("a short soak of two daemons loses, doubles and leaks nothing", async (t) => {
  const report = await runSoak(lastFirst(t), { seed, durationMs: 12_000 });
  assert.deepEqual(judge(report), [], formatReport(report));
});
