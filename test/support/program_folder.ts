import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Scope } from "./database.ts";
import { makeFolder, repository } from "./daemon_process.ts";

/** The program with a module in front of it, whose source text is `before`. */
export async function makeProgram(scope: Scope, before: string): Promise<string> {
  const folder = await makeFolder(scope);
  for (const name of ["package.json", "deno.json", "tsconfig.json"]) {
    await cp(path.join(repository, name), path.join(folder, name));
  }
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  await mkdir(path.join(folder, "src"));
  // A module of its own, because imports come before everything else of a module.
  await writeFile(path.join(folder, "src/before.ts"), `${before}\n`);
  const main = `import "./before.ts";\nimport ${JSON.stringify(urlOf("src/main.ts"))};\n`;
  await writeFile(path.join(folder, "src/main.ts"), main);
  return folder;
}

/** The URL of a file of the repository, for an import from elsewhere. */
export function urlOf(file: string): string {
  return pathToFileURL(path.join(repository, file)).href;
}
