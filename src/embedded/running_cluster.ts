import { readFile } from "node:fs/promises";
import path from "node:path";
import { clusterFiles } from "./server_control.ts";

/** How to reach the databases of an embedded cluster. */
export interface ClusterAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/**
 * The address of the cluster in `dataDir` that another process, such as the daemon, runs right now,
 * as its files tell; undefined when they tell of none. The files of a server that was killed tell
 * of one too, so a refused connection means the same as undefined.
 */
export async function findRunningCluster(dataDir: string): Promise<ClusterAddress | undefined> {
  const { pgdata, password } = clusterFiles(dataDir);
  try {
    // Fourth line of postmaster.pid: the port (PostgreSQL source, miscadmin.h, LOCK_FILE_LINE_PORT).
    const lines = (await readFile(path.join(pgdata, "postmaster.pid"), "utf8")).split("\n");
    const port = Number(lines[3]);
    if (!(port > 0)) return undefined;
    const secret = (await readFile(password, "utf8")).trim();
    return { host: "127.0.0.1", port, username: "postgres", password: secret };
  } catch {
    return undefined; // No cluster was made here, or none runs.
  }
}
