import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bounded } from "./export_pairs.ts";
import { assertSameContacts, openExportWorld } from "./export_world.ts";
import { printResult } from "./paired.ts";

const limitMb = 200;
const sampleMs = 250;

/** The memory of a process that exports `rows` contacts for the first time: its peak, and its growth. */
export async function measureMemory(rows: number): Promise<void> {
  const world = await openExportWorld(rows);
  try {
    const startedAt = performance.now();
    const { peakMb, samples } = await exportInProcess(world.url("hub"), world.url("customer"));
    const elapsed = performance.now() - startedAt;
    await assertSameContacts(world.hub.sql, [[world.customer.sql, "contacts"]]);
    printResult(
      bounded(`peak RSS in MB while ${rows} contacts are exported`, peakMb, limitMb, elapsed, 1),
    );
    const late = average(samples.slice(-Math.ceil(samples.length / 4)));
    const early = average(
      samples.slice(Math.ceil(samples.length / 4), Math.ceil(samples.length / 2)),
    );
    printResult(bounded("RSS of the last quarter / of the second", late / early, 1.15, elapsed, 1));
  } finally {
    await world.close();
  }
}

async function exportInProcess(hub: string, customer: string) {
  const file = fileURLToPath(new URL("export_once.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", file, hub, customer], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const samples: number[] = [];
  const timer = setInterval(
    () => void rssMb(child.pid ?? 0, "VmRSS").then((mb) => samples.push(mb)),
    sampleMs,
  );
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("close", (code) => reject(new Error(`the export ended with ${code}`)));
  });
  clearInterval(timer);
  const peakMb = await rssMb(child.pid ?? 0, "VmHWM");
  child.stdin.end();
  return { peakMb, samples };
}

/** Linux tells it; elsewhere there is no such file, and no figure. */
async function rssMb(pid: number, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) / 1024;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
