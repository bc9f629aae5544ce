import path from "node:path";
import postgres, { type Sql } from "postgres";
import { findRunningCluster } from "../../src/embedded/running_cluster.ts";
import type { Scope } from "../support/database.ts";

export type { Sql };

/** A plain client of a database of the embedded cluster that the daemon in `folder` runs. */
export async function connect(scope: Scope, folder: string, database: string): Promise<Sql> {
  const cluster = await findRunningCluster(path.join(folder, "data/postgres"));
  if (cluster === undefined) throw new Error(`no cluster runs in ${folder}`);
  const sql = postgres({ ...cluster, database, max: 1, onnotice: () => {} });
  scope.after(() => sql.end({ timeout: 1 }));
  return sql;
}
