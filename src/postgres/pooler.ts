import type { Sql } from "postgres";

/**
 * Whether a pooler or proxy answers in place of the server: it tells each client a process id of its
 * own making, which is not the one of the backend that runs the statement. True in its session mode
 * too, where LISTEN and session settings work; false says that there is none in between.
 */
export async function isBehindPooler(sql: Sql): Promise<boolean> {
  const result = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return result[0]?.pid !== result.state?.pid;
}
