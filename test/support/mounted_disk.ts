import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../src/postgres/identifier.ts";
import { type Scope, testTarget } from "./database.ts";
import { requireTestCluster } from "./test_cluster.ts";

/** A file system of its own, in memory. */
export interface MountedDisk {
  readonly folder: string;
  /** From now on nothing on it can be changed, by nobody. */
  makeReadOnly(): void;
}

/** A disk of so many MB, or undefined where this process may not mount one. */
export async function mountDisk(scope: Scope, sizeMb: number): Promise<MountedDisk | undefined> {
  const place = await mkdtemp(path.join(tmpdir(), "perigee-disk-"));
  scope.after(() => rm(place, { recursive: true, force: true }));
  await chmod(place, 0o755);
  const folder = path.join(place, "disk");
  await mkdir(folder);
  const size = `size=${sizeMb}m,mode=0777`;
  if (!mount(["-t", "tmpfs", "-o", size, "tmpfs", folder])) return undefined;
  // Lazily: a server may still hold a file that it deleted.
  scope.after(() => void spawnSync("umount", ["--lazy", folder]));
  return {
    folder,
    makeReadOnly() {
      if (!mount(["-o", "remount,ro", folder])) throw new Error(`${folder} stays writable`);
    },
  };
}

function mount(words: readonly string[]): boolean {
  return spawnSync("mount", words).status === 0;
}

/**
 * A tablespace on a disk of so many MB in the cluster of this run, as a quoted name; undefined where
 * no disk may be mounted. The scope has to end last to first, with the databases on it after this.
 */
export async function openSmallTablespace(
  scope: Scope,
  sizeMb: number,
): Promise<string | undefined> {
  const disk = await mountDisk(scope, sizeMb);
  if (disk === undefined) return undefined;
  const admin = await openConnection(testTarget(await requireTestCluster()));
  scope.after(() => admin.end());
  const [row] = await admin.sql<{ folder: string }[]>`
    select current_setting('data_directory') as folder`;
  const { uid, gid } = await stat(row?.folder ?? "");
  const data = path.join(disk.folder, "data");
  await mkdir(data);
  await chown(data, uid, gid);
  const name = quoteIdentifier(`small_${path.basename(path.dirname(disk.folder))}`);
  await admin.sql.unsafe(`create tablespace ${name} location ${quoteLiteral(data)}`);
  scope.after(async () => void await admin.sql.unsafe(`drop tablespace ${name}`));
  return name;
}
