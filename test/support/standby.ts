import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { type Cluster, startCluster } from "../../src/embedded/cluster.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { makeClusterFolder } from "./cluster_folder.ts";
import { type Scope, testTarget } from "./database.ts";

/** A server and one that follows it by streaming replication, and that may be read. */
export interface Replication {
  readonly primary: Cluster;
  readonly standby: Cluster;
}

/** Nothing of these has to survive a crash of the machine. */
const fast = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/**
 * Starts both, the standby from a cold copy of the primary. They stop with the scope, which has to
 * be one that ends last to first.
 */
export async function startReplication(scope: Scope): Promise<Replication> {
  const binaries = await findEmbeddedBinaries();
  const [dataDir, copy] = [await makeClusterFolder(scope), await makeClusterFolder(scope)];
  const original = await startCluster({ dataDir, binaries, settings: fast });
  const folder = await findFolder(original);
  await original.stop();
  await mkdir(path.dirname(copy), { recursive: true });
  const copied = spawnSync("cp", ["-a", "-T", folder, copy]);
  if (copied.status !== 0) throw new Error(`the data was not copied: ${copied.stderr}`);

  const primary = await startCluster({ dataDir, binaries, settings: fast });
  scope.after(() => primary.stop());
  await writeFile(path.join(copy, "pgdata", "standby.signal"), "");
  const { host, port, username, password } = testTarget(primary.superuserUrl);
  const conninfo = `host=${host} port=${port} user=${username} password=${password}`;
  const settings = { ...fast, primary_conninfo: conninfo };
  const standby = await startCluster({ dataDir: copy, binaries, settings });
  scope.after(() => standby.stop());
  return { primary, standby };
}

/** Where a cluster keeps its data, which need not be where it was asked to. */
async function findFolder({ superuserUrl }: Cluster): Promise<string> {
  const connection = await openConnection(testTarget(superuserUrl));
  try {
    const [row] = await connection.sql<{ folder: string }[]>`
      select current_setting('data_directory') as folder`;
    return path.dirname(row?.folder ?? "");
  } finally {
    await connection.end();
  }
}
