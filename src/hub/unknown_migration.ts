import type { Sql } from "postgres";

/**
 * The first migration of the hub that is not among the known numbers, by name; undefined where all
 * are known. One short read, which locks nothing.
 */
export async function findUnknownMigration(
  sql: Sql,
  known: readonly number[],
): Promise<string | undefined> {
  const [row] = await sql<{ name: string }[]>`
    select name from perigee.migrations
    where version <> all (string_to_array(${known.join(",")}, ',')::integer[])
    order by version limit 1`;
  return row?.name;
}
