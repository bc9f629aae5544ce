import type { Sql } from "postgres";
import type { DatasetName } from "../dataset/datasets.ts";
import { type Lease, requireLease } from "./lease.ts";

/** How far an export of a dataset has come. */
export interface ReportedCursor {
  readonly dataset: DatasetName;
  readonly snapshot: string;
  readonly readAt: string;
}

/** What an export that was noted before is moved to. */
const moved = `do update set snapshot = excluded.snapshot, read_at = excluded.read_at,
  reported_at = now(), is_cut_off = false`;

/**
 * Notes that exports of these datasets begin at this snapshot, before their first rows are read, so
 * that the change log is kept for what follows. What is noted already stays, unless it was cut off.
 * Two daemons cannot do it for one export at once, because the lease is held.
 */
export async function registerExport(
  hub: Sql,
  lease: Lease,
  exportName: string,
  cursors: readonly ReportedCursor[],
): Promise<void> {
  await report(hub, lease, exportName, cursors, `${moved} where noted.is_cut_off`);
}

/**
 * Notes how far an export has come, after the customer's database has committed it. When this is
 * lost, the hub keeps more of its change log than it needs, which harms nobody.
 */
export async function reportExport(
  hub: Sql,
  lease: Lease,
  exportName: string,
  cursors: readonly ReportedCursor[],
): Promise<void> {
  await report(hub, lease, exportName, cursors, moved);
}

async function report(
  hub: Sql,
  lease: Lease,
  exportName: string,
  cursors: readonly ReportedCursor[],
  onConflict: string,
): Promise<void> {
  await hub.begin(async (sql) => {
    await requireLease(sql, lease);
    await sql.unsafe(
      `insert into perigee.export_cursors as noted (export_name, dataset, snapshot, read_at)
      select $1, r.dataset, r.snapshot, r."readAt"
      from json_to_recordset($2::text::json)
        as r (dataset text, snapshot text, "readAt" timestamptz)
      on conflict (export_name, dataset) ${onConflict}`,
      [exportName, JSON.stringify(cursors)],
    );
  });
}
