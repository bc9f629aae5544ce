import { captureVersion, type HubState, isLaterSnapshot } from "../hub/change_window.ts";
import { PerigeeError } from "../error.ts";
import type { Cursor } from "./cursor.ts";
import { type FittedTable, place } from "./fit_table.ts";

/** What a run has to do for one table. */
export type Work =
  | { readonly kind: "nothing" }
  /** Write what was touched since the cursor's snapshot. */
  | { readonly kind: "window"; readonly pending: number }
  /** Make the table and copy everything. */
  | { readonly kind: "load"; readonly reason: string | undefined }
  /** Compare everything and write what differs. `reason` is said aloud. */
  | { readonly kind: "full"; readonly reason: string };

/**
 * Decides it from what the table, its cursor and the hub say. Throws PG503 when the table belongs
 * to another export with another shape. Whatever does not prove that a window is complete leads to
 * a comparison in full, never to a window.
 */
export function chooseWork(
  exportName: string,
  fitted: FittedTable,
  shape: string,
  cursor: Cursor | undefined,
  hub: HubState,
): Work {
  if (cursor !== undefined && cursor.exportName !== exportName && cursor.snapshot !== null) {
    if (cursor.shape !== shape) throw refuseSecondExport(exportName, fitted, cursor);
  }
  if (!fitted.exists) {
    return { kind: "load", reason: cursor === undefined ? undefined : "the table was dropped" };
  }
  if (cursor === undefined) return { kind: "full", reason: "the table was there before" };
  const reason = findReason(fitted, shape, cursor, hub);
  if (reason !== undefined) return { kind: "full", reason };
  const pending = hub.datasets[fitted.table.dataset.name]?.pending ?? 0;
  return pending === 0 ? { kind: "nothing" } : { kind: "window", pending };
}

function findReason(
  fitted: FittedTable,
  shape: string,
  cursor: Cursor,
  hub: HubState,
): string | undefined {
  const dataset = hub.datasets[fitted.table.dataset.name];
  if (dataset === undefined) throw new Error("the hub's state lacks a dataset");
  if (cursor.snapshot === null) return "a resync was asked for";
  if (fitted.added.length > 0) {
    return `columns were added: ${fitted.added.map((column) => column.name).join(", ")}`;
  }
  if (cursor.systemIdentifier !== hub.systemIdentifier) {
    return "the hub is on another server than before (restored, moved or upgraded)";
  }
  if (cursor.timeline !== hub.timeline) {
    return "the hub was restored to a point in time or failed over";
  }
  if (cursor.databaseOid !== hub.databaseOid || cursor.tableOid !== dataset.tableOid) {
    return "the hub was restored into new tables";
  }
  if (!isLaterSnapshot(hub.snapshot, cursor.snapshot)) {
    return "the hub's transactions went backwards";
  }
  if (cursor.captureVersion !== captureVersion) return "the hub captures changes in a new way";
  if (cursor.epoch !== dataset.epoch) return "the dataset was truncated in the hub";
  if (!dataset.isLogComplete) return "the export fell further behind than the change log is kept";
  if (cursor.shape !== shape) return "the columns or their types changed";
  return undefined;
}

function refuseSecondExport(
  exportName: string,
  fitted: FittedTable,
  cursor: Cursor,
): PerigeeError {
  return new PerigeeError(
    `Could not export to ${
      place(fitted.table)
    }: export ${cursor.exportName} writes it with other settings than export ${exportName}`,
    {
      kind: "schema",
      code: "PG503",
      advice:
        `Give one of the two another schema. If ${cursor.exportName} was renamed to ${exportName}, run \`perigee resync export/${exportName}\` once.`,
    },
  );
}

/** Throws where nothing may be written at all: PG501 for a standby, PG502 for another hub's tables. */
export function requireOwnHub(
  exportName: string,
  hub: HubState,
  cursors: Iterable<Cursor>,
): void {
  if (hub.isStandby) {
    throw new PerigeeError(`Could not run export ${exportName}: the hub is a standby`, {
      kind: "config",
      code: "PG501",
      advice:
        "Point the hub's address at the primary: a standby's snapshots do not list running writers.",
    });
  }
  for (const cursor of cursors) {
    if (cursor.hubId === hub.hubId) continue;
    throw new PerigeeError(
      `Could not run export ${exportName}: table ${cursor.tableName} is kept by hub ${cursor.hubId}, and this is hub ${hub.hubId}`,
      {
        kind: "config",
        code: "PG502",
        advice:
          "Give this export a schema of its own; to take the tables over, delete that hub's rows from perigee_cursors.",
      },
    );
  }
}
