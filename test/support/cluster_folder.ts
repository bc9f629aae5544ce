import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Scope } from "./database.ts";

/**
 * A path for a cluster's data, where nothing is yet; what is there is removed with the scope, so
 * the scope has to be one that ends last to first, with the cluster stopped before.
 */
export async function makeClusterFolder(scope: Scope): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-cluster-"));
  // As a usual checkout: another user may enter, so that a server of another user can.
  await chmod(folder, 0o755);
  scope.after(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, "data", "postgres");
}
