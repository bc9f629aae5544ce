import type { Sql } from "postgres";

/** How far behind an export's copy of a dataset may be, by the database's clock. */
export interface DatasetAge {
  /** Name of the export, without its kind. */
  readonly exportName: string;
  readonly dataset: string;
  readonly ageSeconds: number;
}

/**
 * The age of each dataset of the exports: time since the hub was last read for it, or since the last
 * run began that found nothing to read. One or two index look-ups each; locks nothing.
 */
export async function readDatasetAges(sql: Sql, exports: readonly string[]): Promise<DatasetAge[]> {
  if (exports.length === 0) return [];
  const rows = await sql<DatasetAge[]>`
    select noted.export_name as "exportName", noted.dataset,
      extract(epoch from now() - greatest(noted.read_at, last.started_at))::float8 as "ageSeconds"
    from json_array_elements_text(${JSON.stringify(exports)}::text::json) as wanted (name)
    join perigee.export_cursors noted on noted.export_name = wanted.name
    left join lateral (
      select started_at from perigee.runs
      where runs.name = 'export/' || wanted.name and state = 'succeeded' and not counts ? 'partial'
      order by run_id desc limit 1
    ) as last on true`;
  return [...rows];
}
