/**
 * `npm run soak -- --minutes N [--seed S]`: writers, customers, readers and faults against two
 * daemons for N minutes, then a full comparison. Prints a report; exits 1 when anything was lost,
 * doubled, wrong or leaking.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { runtimeName } from "../../src/runtime.ts";
import { lastFirst } from "../support/last_first.ts";
import { formatReport, judge } from "./report.ts";
import { runSoak } from "./run_soak.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "2" }, seed: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write("usage: npm run soak -- --minutes 2 [--seed 1]\n");
  process.exit(2);
}

const ends: (() => Promise<void>)[] = [];
const scope = lastFirst({ after: (end) => void ends.push(async () => await end()) });
process.stdout.write(`soak of ${minutes} minutes on ${runtimeName()}, seed ${seed}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void close([]).finally(() => process.exit(1)));
}
const faults = await soak().catch((error) => [`seed ${seed} did not come to rest: ${error.stack}`]);
await close(faults);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(faults.length === 0 ? "passed\n" : "FAILED\n");
process.exitCode = faults.length === 0 ? 0 : 1;

async function soak(): Promise<string[]> {
  const startedAt = performance.now();
  const tell = (text: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${text}\n`);
  };
  const report = await runSoak(scope, { seed, durationMs: minutes * 60_000, tell });
  process.stdout.write(`${formatReport(report)}\n`);
  return judge(report);
}

/** Ends daemons, databases and the cluster; adds what does not end to `faults`. */
async function close(faults: string[]): Promise<void> {
  for (const end of ends.splice(0)) {
    await end().catch((error) => faults.push(`not closed: ${error}`));
  }
}
