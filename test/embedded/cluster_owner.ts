/**
 * A process that owns a cluster, for tests that kill it: starts it in the folder of its first
 * argument, prints one line of JSON, and then waits for ever.
 */
import process from "node:process";

import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { startCluster } from "../../src/embedded/cluster.ts";

const binaries = await findEmbeddedBinaries();
const dataDir = process.argv[2] ?? "";
const cluster = await startCluster({ dataDir, binaries });
console.log(JSON.stringify({ url: cluster.superuserUrl, isNew: cluster.isNew }));
setInterval(() => undefined, 60_000);
