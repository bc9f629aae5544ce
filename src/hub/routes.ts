import type { Sql } from "postgres";
import type { RouteConfig } from "../config/model.ts";

/** The LIKE pattern of an event type with `*` as wildcard. Pure. */
export function likePattern(pattern: string): string {
  return pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
}

/**
 * Makes the hub's routes those of the configuration. One statement that touches only what differs,
 * so daemons that start at once with the same configuration do not wait for one another for long;
 * with different ones the last wins.
 */
export async function saveRoutes(sql: Sql, routes: readonly RouteConfig[]): Promise<void> {
  const wanted = routes.flatMap(({ pattern, sinks }) =>
    sinks.map((sink) => ({ pattern, like_pattern: likePattern(pattern), sink }))
  );
  await sql`
    with wanted as (
      select distinct pattern, like_pattern, sink
      from json_to_recordset(${JSON.stringify(wanted)}::text::json)
        as given (pattern text, like_pattern text, sink text)
    ), removed as (
      delete from perigee.routes route
      where not exists (
        select from wanted where wanted.pattern = route.pattern and wanted.sink = route.sink)
    )
    insert into perigee.routes (pattern, like_pattern, sink)
    select pattern, like_pattern, sink from wanted
    on conflict (pattern, sink) do nothing`;
}
