import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";

import { PerigeeError } from "../error.ts";
import { runProgram } from "./program.ts";

interface Owner {
  readonly pid: number;
  /** When that process began, in the words of this system: tells it from a later one's same pid. */
  readonly birth: string;
}

/**
 * Notes in `dataDir` that this process uses it. Throws PG295 when another living process does: two
 * daemons must not stop one another's server. A note of a process that is gone counts for nothing.
 * Two that start at the very same moment are told apart by Postgres' own lock on its data.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  const file = path.join(dataDir, "owner.json");
  const before = await readOwner(file);
  const isOther = before !== undefined && before.pid !== process.pid;
  if (isOther && before.birth !== "" && await findBirth(before.pid) === before.birth) {
    throw new PerigeeError(`The process ${before.pid} already uses the Postgres in ${dataDir}`, {
      kind: "conflict",
      code: "PG295",
      advice: "Stop that process, or start with another data folder or a hub URL.",
    });
  }
  const owner: Owner = { pid: process.pid, birth: await findBirth(process.pid) };
  await writeFile(file, JSON.stringify(owner), { mode: 0o600 });
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(file, "utf8")) as Partial<Owner>;
    const isWhole = typeof owner.pid === "number" && typeof owner.birth === "string";
    return isWhole ? { pid: owner.pid as number, birth: owner.birth as string } : undefined;
  } catch {
    return undefined; // No note, or one that was cut off by a crash: nobody's.
  }
}

/** Linux has it as the 22nd field of /proc/PID/stat, after a name in brackets; others ask `ps`. */
async function findBirth(pid: number): Promise<string> {
  if (process.platform !== "linux") {
    return (await runProgram("ps", ["-o", "lstart=", "-p", String(pid)])).stdout.trim();
  }
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return ""; // No such process.
  }
}
