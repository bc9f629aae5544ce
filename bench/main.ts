/**
 * `npm run bench [-- area … [options]]`: the benchmarks of the named areas, or of all, one after the
 * other, each in a process of its own, and one table of all ratios at the end. Options go on to the
 * areas; `--write` keeps the figures in docs/benchmarks. Exit code 1 when a bar is missed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import type { PairedResult } from "./paired.ts";
import { describeBench, keepResults, tableOf } from "./report.ts";

const areas = [
  "export",
  "import",
  "segment",
  "trigger",
  "delivery",
  "velocity",
  "render",
  "idle",
  "trace",
  "compare",
];

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith("--"));
const named = firstOption < 0 ? words : words.slice(0, firstOption);
const options = firstOption < 0 ? [] : words.slice(firstOption);
const unknown = named.filter((area) => !areas.includes(area));
if (unknown.length > 0) {
  process.stderr.write(`there is no area ${unknown.join(", ")}; known are ${areas.join(", ")}\n`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(tmpdir(), "perigee-bench-"));
const file = path.join(folder, "results.jsonl");
writeFileSync(file, "");
let failures = 0;
for (const area of named.length === 0 ? areas : named) {
  const program = path.join(import.meta.dirname ?? "bench", `${area}.ts`);
  const { status } = spawnSync(process.execPath, ["--import", "tsx", program, ...options], {
    stdio: "inherit",
    env: { ...process.env, PERIGEE_BENCH_RESULTS: file },
  });
  if (status !== 0) failures += 1;
}
const lines = readFileSync(file, "utf8").trim().split("\n").filter((line) => line !== "");
rmSync(folder, { recursive: true });
const results = lines.map((line) => JSON.parse(line) as PairedResult);
if (!options.includes("--json")) console.log(`\n${tableOf(results)}`);
if (options.includes("--write")) {
  const isPart = options.includes("--only") || options.includes("--sizes");
  keepResults(results, await describeBench(), isPart);
}
process.exitCode = failures === 0 ? 0 : 1;
