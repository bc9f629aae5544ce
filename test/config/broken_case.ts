import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem, type Problem } from "../../src/config/problem.ts";

/**
 * One text file below test/config/broken: parts that begin with `--- <name>`. `env` holds NAME=value
 * lines, `output` what the loader says; every other part is a file, of which `config` is the folder
 * that is loaded.
 */
export interface BrokenCase {
  readonly name: string;
  readonly parts: ReadonlyMap<string, string>;
}

const folder = fileURLToPath(new URL("./broken/", import.meta.url));

/** Every case in name order. */
export function readCases(): BrokenCase[] {
  return readdirSync(folder).filter((name) => name.endsWith(".txt")).sort().map((name) => {
    const [, ...pieces] = readFileSync(path.join(folder, name), "utf8").split(/^--- (.+)\n/m);
    const parts = new Map<string, string>();
    for (let at = 0; at < pieces.length; at += 2) {
      parts.set(pieces[at] ?? "", pieces[at + 1] ?? "");
    }
    return { name, parts };
  });
}

/** Replaces what the case expects. */
export function writeOutput(broken: BrokenCase, output: string): void {
  const kept = [...broken.parts].filter(([name]) => name !== "output");
  const text = [...kept, ["output", output]].map(([name, part]) => `--- ${name}\n${part}`).join("");
  writeFileSync(path.join(folder, broken.name), text);
}

/** Loads the case's files from a folder of their own and prints the problems as people see them. */
export async function runCase(
  broken: BrokenCase,
): Promise<{ output: string; problems: readonly Problem[] }> {
  const root = mkdtempSync(path.join(tmpdir(), "perigee-config-"));
  try {
    const env: Record<string, string> = {};
    for (const [name, text] of broken.parts) {
      if (name === "output") continue;
      if (name === "env") {
        for (const line of text.split("\n").filter((each) => each !== "")) {
          const at = line.indexOf("=");
          env[line.slice(0, at)] = line.slice(at + 1);
        }
        continue;
      }
      const file = path.join(root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const loaded = await loadConfig(path.join(root, "config"), { env });
    const problems = [...(loaded.ok ? [] : loaded.problems), ...loaded.warnings];
    const blocks = problems.map((problem) => `${formatProblem(problem, { colour: false })}\n`);
    return { output: blocks.join("\n").replaceAll(`${root}${path.sep}`, ""), problems };
  } finally {
    rmSync(root, { recursive: true });
  }
}
