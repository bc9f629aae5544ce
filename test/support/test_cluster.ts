import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { type Cluster, startCluster } from "../../src/embedded/cluster.ts";

/** Name of the variable by which the runner tells the files of a run about their cluster. */
export const clusterVariable = "PERIGEE_TEST_CLUSTER";

/** Started at the first need of a file that runs by itself; ends with its process. */
const ownCluster: { starting?: Promise<Cluster> } = {};

/** The superuser's address at the cluster of this run, or at one that is started for this file. */
export async function requireTestCluster(): Promise<string> {
  const given = process.env[clusterVariable];
  if (given !== undefined && given !== "") return given;
  ownCluster.starting ??= startThrowawayCluster();
  return (await ownCluster.starting).superuserUrl;
}

/** A cluster in a folder of its own, which ends with `stop` or with this process. */
export async function startThrowawayCluster(
  settings: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perigee-test-"));
  const binaries = await findEmbeddedBinaries();
  return await startCluster({ dataDir, binaries, settings, isThrowaway: true });
}
