import type { Sql } from "postgres";

/** The hub's own id, a UUID made with it. It stays when the hub is dumped and restored. */
export async function readHubId(sql: Sql): Promise<string> {
  const [row] = await sql<{ hubId: string }[]>`select hub_id::text as "hubId" from perigee.hub`;
  if (row === undefined) throw new Error("perigee.hub has no row");
  return row.hubId;
}
