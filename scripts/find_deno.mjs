import { accessSync, chmodSync, constants } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

/**
 * The path of the Deno binary that npm installed for this machine; install scripts need not have
 * run. Undefined where Deno is not available for it.
 * @returns {string | undefined}
 */
export function findDeno() {
  const require = createRequire(import.meta.url);
  const system = `${process.platform}-${process.arch}`;
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  for (const target of [system, `${system}-glibc`]) {
    try {
      const folder = path.dirname(require.resolve(`@deno/${target}/package.json`));
      return makeExecutable(path.join(folder, name));
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

function makeExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
  return file;
}
