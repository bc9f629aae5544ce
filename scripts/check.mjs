/**
 * `npm run check`: formatting, lint, types, and that generated files and guarantees are what they
 * should be. All steps run, so that one report names everything; exit code 1 when any failed.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { findDeno } from "./find_deno.mjs";

const deno = findDeno();
const generators = readdirSync(new URL(".", import.meta.url))
  .filter((name) => /^generate_.*\.ts$/.test(name))
  .sort();

const steps = [
  ["format", deno, ["fmt", "--check"]],
  ["lint", deno, ["lint", "--quiet"]],
  ["types", process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit"]],
  ["guarantees", process.execPath, ["--import", "tsx", "scripts/check_guarantees.ts"]],
  ...generators.map((name) => [
    name.slice(0, -".ts".length).replaceAll("_", " "),
    process.execPath,
    ["--import", "tsx", `scripts/${name}`, "--check"],
  ]),
];

let failures = 0;
for (const [name, program, words] of steps) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, NO_COLOR: "1" },
  });
  const isFine = status === 0;
  if (!isFine) failures += 1;
  process.stdout.write(`${isFine ? "ok" : "FAILED"}  ${name}\n`);
  if (!isFine) process.stdout.write(`${stdout ?? ""}${stderr ?? ""}\n`);
}
process.exitCode = failures === 0 ? 0 : 1;
