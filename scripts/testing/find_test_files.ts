import { readdir, stat } from "node:fs/promises";
import path from "node:path";

const folders = ["src", "test", "scripts"];

/** Folders whose tests also run against the PostgreSQL that this machine has, if it has one. */
const serverFolders = ["postgres", "hub", "connector", "import", "segment", "trigger", "export"];

/**
 * Files that count what a run reads. A read goes back to the oldest transaction that ran on the
 * server, in whatever database, so these files want the server to themselves.
 */
const aloneFiles = [/^test\/import\//, /^test\/export\/(?:prune_changes|two_exports)_test\.ts$/];

/** Splits files into those that may share the server and those that want it to themselves. */
export function splitByServer(
  files: readonly string[],
): { readonly shared: readonly string[]; readonly alone: readonly string[] } {
  const isAlone = (file: string) =>
    aloneFiles.some((pattern) => pattern.test(file.replaceAll(path.sep, "/")));
  return { shared: files.filter((file) => !isAlone(file)), alone: files.filter(isAlone) };
}

/** The test files of the project, or those of them that lie at or below the given paths. Sorted. */
export async function findTestFiles(given: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const start of given.length === 0 ? folders : given) {
    for (const file of await listFiles(start)) found.add(path.relative(".", file));
  }
  return [...found].filter((file) => file.endsWith("_test.ts")).sort();
}

/** Those files whose outcome depends on the server's version. */
export function selectServerFiles(files: readonly string[]): string[] {
  return files.filter((file) => {
    const [top, folder = ""] = file.split(path.sep);
    return top === "test" && serverFolders.includes(folder);
  });
}

async function listFiles(start: string): Promise<string[]> {
  if ((await stat(start)).isFile()) return [start];
  const entries = await readdir(start, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, path: old, name }) =>
    path.join(parentPath ?? old, name)
  );
}
