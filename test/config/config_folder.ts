import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig, type LoadResult } from "../../src/config/load.ts";
import type { Config } from "../../src/config/model.ts";
import { formatProblem } from "../../src/config/problem.ts";

/** Files by their path below the folder; `config/…` is what is loaded. */
export type ConfigFiles = Readonly<Record<string, string | Uint8Array>>;

/** Loads files from a folder of their own, which is gone afterwards. */
export async function loadFiles(
  files: ConfigFiles,
  env: Readonly<Record<string, string>> = {},
): Promise<LoadResult> {
  const root = mkdtempSync(path.join(tmpdir(), "perigee-config-"));
  try {
    mkdirSync(path.join(root, "config"));
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return await loadConfig(path.join(root, "config"), { env });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Loads one file that must be right. */
export async function loadGood(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Config> {
  const loaded = await loadFiles({ "config/perigee.yaml": yaml }, env);
  if (loaded.ok) return loaded.config;
  throw new Error(loaded.problems.map((each) => formatProblem(each, { colour: false })).join("\n"));
}

/** Codes of all problems of one file, in order. */
export async function codesOf(yaml: string | Uint8Array): Promise<string[]> {
  const loaded = await loadFiles({ "config/perigee.yaml": yaml });
  return loaded.ok ? [] : loaded.problems.map((problem) => problem.code);
}
