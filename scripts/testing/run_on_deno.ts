import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { findDeno } from "../find_deno.mjs";
import { type Children, runChild } from "./child.ts";
import { parseJunit } from "./parse_junit.ts";
import { closeOutcome, type Outcome } from "./outcome.ts";

/** Runs test files on Deno, `jobs` at a time. Types are checked elsewhere. */
export async function runOnDeno(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  children: Children,
  jobs: number,
): Promise<Outcome> {
  const deno = findDeno();
  if (deno === undefined) throw new Error("Deno is not installed; run npm ci");
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-report-"));
  const report = path.join(folder, "junit.xml");
  try {
    const given = ["test", "--allow-all", "--no-check", "--parallel", "--quiet"];
    const ended = await runChild({
      file: deno,
      given: [...given, `--junit-path=${report}`, ...files],
      env: { ...env, DENO_JOBS: String(jobs), NO_COLOR: "1" },
      children,
    });
    const xml = await readFile(report, "utf8").catch(() => "");
    return closeOutcome(parseJunit(xml), ended, "deno test");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
