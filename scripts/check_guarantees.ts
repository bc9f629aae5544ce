/**
 * Checks docs/guarantees.md: each guarantee names at least one test, each test is in the file that
 * it is said to be in, and every `(G1)` of the sources is a guarantee. Exits 1 otherwise.
 */
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import process from "node:process";

const text = readFileSync("docs/guarantees.md", "utf8");
const faults: string[] = [];
const known = new Set<string>();

for (const section of text.split(/^### /m).slice(1)) {
  const [title = ""] = section.split("\n");
  const [name = ""] = title.split(" ");
  known.add(name);
  const proofs = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)];
  if (proofs.length === 0) faults.push(`${name} names no test`);
  for (const [, file = "", test = ""] of proofs) {
    if (!readOrEmpty(file).includes(JSON.stringify(test))) {
      faults.push(`${name}: ${file} has no test "${test}"`);
    }
  }
}

for (const file of await readdir("src", { recursive: true })) {
  if (!file.endsWith(".ts")) continue;
  for (
    const [, names = ""] of readOrEmpty(path.join("src", file)).matchAll(/\((G\d+(?:, G\d+)*)\)/g)
  ) {
    for (const name of names.split(", ")) {
      if (!known.has(name)) faults.push(`src/${file} speaks of ${name}, which is no guarantee`);
    }
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
