/**
 * `npm run bench -- export [--rows 1000000] [--only load,100k] [--json]`: exports against what
 * others do, in paired runs; contents are compared before a figure counts.
 */
import process from "node:process";
import { measureLatency } from "./export_latency.ts";
import { measureLoad } from "./export_load.ts";
import { measureMemory } from "./export_memory.ts";
import { measureChanges, measureIdle } from "./export_changes.ts";
import { measureWriters } from "./export_writers.ts";
import { type ExportWorld, openExportWorld } from "./export_world.ts";

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const rows = Number(option("rows") ?? 1_000_000);
const only = option("only")?.split(",");

const parts: readonly (readonly [string, (world: ExportWorld) => Promise<void>])[] = [
  ["load", measureLoad],
  ["changes", measureChanges],
  ["latency", measureLatency],
  ["idle", measureIdle],
  ["writers", measureWriters],
];

const world = await openExportWorld(rows);
try {
  for (const [name, measure] of parts) {
    if (only === undefined || only.includes(name)) await measure(world);
  }
} finally {
  await world.close();
}
if (only === undefined || only.includes("memory")) await measureMemory(rows * 10);
