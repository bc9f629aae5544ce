import { createHash } from "node:crypto";
import {
  chown,
  cp,
  lstat,
  mkdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
} from "node:fs/promises";
import path from "node:path";
import process from "node:process";

import type { Binaries } from "./binaries.ts";
import { runProgram } from "./program.ts";
import { findServerUser, type SystemUser } from "./system_user.ts";

/** Where a cluster's data and programs lie, and as whom its server runs. */
export interface Placement {
  /** Real folder of this cluster, writable for the server's user. */
  readonly dataDir: string;
  readonly binDir: string;
  /** Undefined: the server runs as the user that we are. */
  readonly user: SystemUser | undefined;
  /** What an operator should know about it, as sentences. */
  readonly notes: readonly string[];
}

/** Below this a root daemon keeps what another user has to reach; stable over restarts. */
const sharedRoot = "/var/lib/perigee";

/**
 * Decides where a cluster lives, and makes the folder. That is `dataDir`, except when we are root
 * and the server's user cannot get there, as below /root: then it is a folder of /var/lib/perigee
 * that belongs to this `dataDir`, which becomes a link to it. The programs are copied beside it
 * when the user cannot reach them either (`throwaway`: into the cluster's folder, to go with it).
 */
export async function placeCluster(
  dataDir: string,
  binaries: Binaries,
  isThrowaway: boolean,
): Promise<Placement> {
  const user = await findServerUser();
  const asked = path.resolve(dataDir);
  const isNew = !await exists(asked);
  // Parents with the usual mode: the server's user has to get through them.
  await mkdir(path.dirname(asked), { recursive: true });
  if (isNew) await mkdir(asked, { mode: 0o700 });
  if (user === undefined) {
    return { dataDir: await realpath(asked), binDir: binaries.binDir, user, notes: [] };
  }
  if (isNew || isThrowaway) await chown(asked, user.uid, user.gid);
  const notes = [`Postgres runs as the user ${user.name}, because it does not run as root.`];
  const place = await findReachable(asked, user);
  if (place !== await realpath(asked)) await moveAside(asked, place, user);
  if (place !== asked) notes.push(`Its data is in ${place}, to which ${asked} leads.`);
  const programs = isThrowaway ? path.join(place, "software") : path.join(sharedRoot, "software");
  const binDir = await placeBinaries(binaries, user, programs);
  return { dataDir: place, binDir, user, notes };
}

async function findReachable(asked: string, user: SystemUser): Promise<string> {
  const real = await realpath(asked);
  if (await canUse(real, "-w", user)) return real;
  const owner = createHash("sha256").update(asked).digest("hex").slice(0, 12);
  return path.join(sharedRoot, `${path.basename(asked)}-${owner}`);
}

async function moveAside(asked: string, place: string, user: SystemUser): Promise<void> {
  await mkdir(place, { recursive: true });
  await chown(place, user.uid, user.gid);
  // Fails, rightly, when the folder has something in it that is not ours to move.
  await rmdir(asked);
  await symlink(place, asked);
}

async function placeBinaries(
  binaries: Binaries,
  user: SystemUser,
  folder: string,
): Promise<string> {
  if (await canUse(path.join(binaries.binDir, "postgres"), "-x", user)) return binaries.binDir;
  const place = path.join(folder, `postgresql-${binaries.version}`);
  if (!await exists(place)) {
    const incomplete = `${place}.${process.pid}`;
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await cp(binaries.root, incomplete, { recursive: true, verbatimSymlinks: true });
    await publish(incomplete, place);
  }
  return path.join(place, path.relative(binaries.root, binaries.binDir));
}

/** Of two daemons that copy at once one wins; both have made the same. */
async function publish(incomplete: string, place: string): Promise<void> {
  try {
    await rename(incomplete, place);
  } catch (error) {
    await rm(incomplete, { recursive: true, force: true });
    if (!await exists(place)) throw error;
  }
}

/** Asks the system by trying, as that user, so that every kind of access rule counts. */
async function canUse(file: string, test: "-x" | "-w", user: SystemUser): Promise<boolean> {
  const script = `test -x "$0" && test ${test} "$0"`;
  return (await runProgram("sh", ["-c", script, file], user)).exitCode === 0;
}

async function exists(file: string): Promise<boolean> {
  return await lstat(file).then(() => stat(file)).then(() => true, () => false);
}
