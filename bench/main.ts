/**
 * `npm run bench [-- area … [options]]`: the benchmarks of the named areas, or of all, one after the
 * other, each in a process of its own. Options go on to the areas. Exit code 1 when a bar is missed.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";

const areas = ["export", "import", "segment", "trigger", "delivery", "velocity", "render"];

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith("--"));
const named = firstOption < 0 ? words : words.slice(0, firstOption);
const options = firstOption < 0 ? [] : words.slice(firstOption);
const unknown = named.filter((area) => !areas.includes(area));
if (unknown.length > 0) {
  process.stderr.write(`there is no area ${unknown.join(", ")}; known are ${areas.join(", ")}\n`);
  process.exit(2);
}

let failures = 0;
for (const area of named.length === 0 ? areas : named) {
  const file = path.join(import.meta.dirname ?? "bench", `${area}.ts`);
  const { status } = spawnSync(process.execPath, ["--import", "tsx", file, ...options], {
    stdio: "inherit",
  });
  if (status !== 0) failures += 1;
}
process.exitCode = failures === 0 ? 0 : 1;
