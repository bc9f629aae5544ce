import { captureVersion, type HubIdentity } from "../hub/change_window.ts";
import { PerigeeError } from "../error.ts";
import type { Connection } from "../postgres/connection.ts";
import { quoteQualified } from "../postgres/identifier.ts";
import { cursorsName } from "./status_ddl.ts";

/** How far one table follows the hub, as it stands in the customer's schema. */
export interface Cursor {
  readonly tableName: string;
  readonly exportName: string;
  readonly hubId: string;
  readonly systemIdentifier: string | null;
  readonly timeline: string | null;
  readonly databaseOid: string | null;
  readonly tableOid: string | null;
  readonly captureVersion: number | null;
  readonly epoch: string | null;
  /** Null asks for a comparison in full. */
  readonly snapshot: string | null;
  readonly shape: string | null;
  /** Seconds since a run last found or made this table equal to the hub, by the customer's clock. */
  readonly confirmedAgo: number | null;
  readonly rejected: string;
}

/** What a cursor says after a run. */
export interface NextCursor extends HubIdentity {
  readonly tableName: string;
  readonly dataset: string;
  readonly exportName: string;
  readonly tableOid: string;
  readonly epoch: string;
  readonly snapshot: string;
  readonly shape: string;
  readonly readAt: string;
}

/** The cursors of a schema, as rows of `Cursor`. The table must exist. */
export function cursorsQuery(schema: string): string {
  return `select table_name as "tableName",
  export_name as "exportName", hub_id::text as "hubId", system_identifier as "systemIdentifier",
  timeline, database_oid as "databaseOid", table_oid as "tableOid",
  capture_version as "captureVersion", epoch, snapshot, shape,
  extract(epoch from now() - confirmed_at)::double precision as "confirmedAgo",
  rows_rejected::text as rejected
from ${quoteQualified(schema, cursorsName)}`;
}

/**
 * Locks the cursor for this transaction, so that of any number of daemons one works on the table.
 * A new table's cursor is inserted without a snapshot: the second inserter waits for the first to
 * end. Throws PG504 when the cursor is not at `expected` any more. A row lock is held by the
 * transaction and not the session, so it is right behind a pooler too and dies with the link.
 */
export async function claimCursor(
  { sql, target }: Connection,
  schema: string,
  next: NextCursor,
  expected: Cursor | undefined,
): Promise<void> {
  const cursors = quoteQualified(schema, cursorsName);
  const rows = expected === undefined
    ? await sql.unsafe<{ snapshot: string | null }[]>(
      `insert into ${cursors} (table_name, dataset, export_name, hub_id)
      values ($1, $2, $3, $4::text::uuid) on conflict (table_name) do nothing returning snapshot`,
      [next.tableName, next.dataset, next.exportName, next.hubId],
    )
    : await sql.unsafe<{ snapshot: string | null }[]>(
      `select snapshot from ${cursors} where table_name = $1 for update`,
      [next.tableName],
      { prepare: !target.isPooled },
    );
  if (rows.length !== 1 || rows[0]?.snapshot !== (expected?.snapshot ?? null)) {
    throw movedCursor(schema, next);
  }
}

/**
 * Moves a claimed cursor in the transaction of its rows. The comparison with the snapshot that the
 * run began from makes it impossible to move on from a state that somebody else has replaced.
 */
export async function moveCursor(
  { sql, target }: Connection,
  schema: string,
  next: NextCursor,
  from: string | null,
  counts: { readonly changed: number; readonly rejected: string },
): Promise<void> {
  const moved = await sql.unsafe(
    `update ${quoteQualified(schema, cursorsName)}
set export_name = $2, hub_id = $3::text::uuid, system_identifier = $4, timeline = $5,
  database_oid = $6, table_oid = $7, capture_version = ${captureVersion}, epoch = $8,
  snapshot = $9, shape = $10, read_at = $11::text::timestamptz, confirmed_at = now(),
  changed_at = case when $12::text::bigint > 0 then now() else changed_at end,
  rows_changed = case when $12::text::bigint > 0 then $12::text::bigint else rows_changed end,
  rows_rejected = $13::text::bigint
where table_name = $1 and snapshot is not distinct from $14`,
    [
      next.tableName,
      next.exportName,
      next.hubId,
      next.systemIdentifier,
      next.timeline,
      next.databaseOid,
      next.tableOid,
      next.epoch,
      next.snapshot,
      next.shape,
      next.readAt,
      String(counts.changed),
      counts.rejected,
      from,
    ],
    { prepare: !target.isPooled },
  );
  if (moved.count !== 1) throw movedCursor(schema, next);
}

function movedCursor(schema: string, next: NextCursor): PerigeeError {
  return new PerigeeError(
    `Could not export to ${schema}.${next.tableName}: another run moved its cursor meanwhile`,
    {
      kind: "conflict",
      code: "PG504",
      advice: "Nothing to do: the other run did the work, and this one was rolled back.",
    },
  );
}
