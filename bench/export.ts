/**
 * `npm run bench -- export [--rows 1000000] [--memory-rows 10000000] [--only load,few,…] [--json]`:
 * exports against what others do, in paired runs; contents are compared before a figure counts.
 * The parts: load, few (1 % changed), many (10 %), batches, latency, idle, writers, memory.
 */
import process from "node:process";
import { measureLatency } from "./export_latency.ts";
import { measureLoad } from "./export_load.ts";
import { measureMemory } from "./export_memory.ts";
import {
  measureAgainstBatches,
  measureFewChanges,
  measureIdle,
  measureManyChanges,
} from "./export_changes.ts";
import { measureWriters } from "./export_writers.ts";
import { type ExportWorld, openExportWorld } from "./export_world.ts";

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const rows = Number(option("rows") ?? 1_000_000);
const memoryRows = Number(option("memory-rows") ?? rows * 10);
const only = option("only")?.split(",");

const parts: readonly (readonly [string, (world: ExportWorld) => Promise<void>])[] = [
  ["load", measureLoad],
  ["few", measureFewChanges],
  ["many", measureManyChanges],
  ["batches", measureAgainstBatches],
  ["latency", measureLatency],
  ["idle", measureIdle],
  ["writers", measureWriters],
];

const known = [...parts.map(([name]) => name), "memory"];
const unknown = only?.filter((name) => !known.includes(name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(
    `export has no part ${unknown.join(", ")}; its parts are ${known.join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = parts.filter(([name]) => only === undefined || only.includes(name));
if (chosen.length > 0) {
  const world = await openExportWorld(rows);
  try {
    for (const [, measure] of chosen) await measure(world);
  } finally {
    await world.close();
  }
}
if (only === undefined || only.includes("memory")) await measureMemory(memoryRows);
