/**
 * Checks docs/guarantees.md: each guarantee names at least one test, each test is in the file that
 * it is said to be in, and every `(G1)` of the sources is a guarantee; and docs/faults.md: each fault
 * names a test that there is. Exits 1 otherwise.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { hasTest, readOrEmpty } from "./find_test_name.ts";

const text = readOrEmpty("docs/guarantees.md");
const faults: string[] = [];
const known = new Set<string>();

for (const section of text.split(/^### /m).slice(1)) {
  const [title = ""] = section.split("\n");
  const [name = ""] = title.split(" ");
  known.add(name);
  const proofs = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)];
  if (proofs.length === 0) faults.push(`${name} names no test`);
  for (const [, file = "", test = ""] of proofs) {
    if (!hasTest(file, test)) {
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

for (const row of readOrEmpty("docs/faults.md").matchAll(/^\| (?!fault \||---)(.*) \|$/gm)) {
  const [fault = "", , proofs = ""] = (row[1] ?? "").split(" | ");
  const named = proofs.split("<br>").map((each) => /^`([^`]+)`(?:: (.+))?$/.exec(each.trim()));
  for (const proof of named) {
    const [, file = "", test] = proof ?? [];
    const isThere = test === undefined ? readOrEmpty(file) !== "" : hasTest(file, test);
    if (!isThere) faults.push(`docs/faults.md, ${fault}: ${file} has no test "${test ?? ""}"`);
  }
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
