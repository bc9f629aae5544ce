import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * Writes generated files, given as path below the repository and content. With `--check` among the
 * program's words it writes nothing, names each file that is not fresh, and sets exit code 1.
 */
export function settleGenerated(
  files: readonly (readonly [name: string, content: string])[],
): void {
  const isCheck = process.argv.includes("--check");
  for (const [name, content] of files) {
    const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
    if (!isCheck) writeFileSync(path, content);
    else if (readOrEmpty(path) !== content) {
      process.stderr.write(`${name} is not fresh: run node --import tsx ${process.argv[1]}\n`);
      process.exitCode = 1;
    }
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}
