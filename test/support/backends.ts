import assert from "node:assert/strict";
import type { Sql } from "postgres";

import type { Connection } from "../../src/postgres/connection.ts";
import { waitFor } from "./wait.ts";

/** A server's session, as `pg_stat_activity` shows it. */
export interface Backend {
  readonly pid: number;
  readonly state: string;
  readonly query: string;
}

/** Sessions of clients in the database of `sql`, without its own pool. */
export async function listBackends(sql: Sql, applicationName: string): Promise<Backend[]> {
  const rows = await sql<Backend[]>`
    select pid, state, query from pg_stat_activity
    where datname = current_database() and application_name = ${applicationName}`;
  return rows.map((row) => ({ ...row }));
}

/** Waits until no session with that name is left, at most the 3 s that a fault may take to clear. */
export async function waitForNoBackends(sql: Sql, applicationName: string): Promise<void> {
  await waitFor(`no session named ${applicationName}`, async () => {
    const backends = await listBackends(sql, applicationName);
    if (backends.length > 0) throw new Error(JSON.stringify(backends));
    return true;
  }, 3_000);
}

/** The process id of a connection's backend. */
export async function findBackendPid(connection: Connection): Promise<number> {
  const [row] = await connection.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  assert.ok(row !== undefined);
  return row.pid;
}

/** Ends a backend as an administrator does, which its client sees as 57P01. */
export async function terminateBackend(sql: Sql, pid: number): Promise<void> {
  await sql`select pg_terminate_backend(${pid})`;
}
