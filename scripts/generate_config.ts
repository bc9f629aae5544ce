import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { configDocumentation } from "../src/config/documentation.ts";
import { configJsonSchema } from "../src/config/json_schema.ts";

/**
 * Writes what is generated from the configuration's schema. With `--check` writes nothing and exits
 * 1 when a file is not what it should be.
 */
const generated = [
  ["config/perigee.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
  ["docs/configuration.md", configDocumentation()],
] as const;

const isCheck = process.argv.includes("--check");

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}

for (const [name, content] of generated) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (!isCheck) writeFileSync(path, content);
  else if (readOrEmpty(path) !== content) {
    process.stderr.write(`${name} is not what scripts/generate_config.ts writes: run it\n`);
    process.exitCode = 1;
  }
}
