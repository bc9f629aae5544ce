import type { Sql } from "postgres";
import { type Dataset, type DatasetName, requireDataset } from "../dataset/datasets.ts";
import { requireSnapshot, touchedKeys } from "./dataset_rows.ts";

/**
 * Raised when the way the change log is written changes such that a window over rows from before
 * would miss something; every export then compares in full once.
 */
export const captureVersion = 1;

/** How many changes `pending` counts at most; what is above is a matter for COPY anyway. */
export const maxPendingCounted = 101;

/** What makes one hub that one and no other, and what must not change between two windows. */
export interface HubIdentity {
  readonly hubId: string;
  readonly systemIdentifier: string;
  readonly timeline: string;
  readonly databaseOid: string;
}

/** The hub at one snapshot, as an export's run has to know it. */
export interface HubState extends HubIdentity {
  readonly isStandby: boolean;
  /** Text of `pg_current_snapshot()`. */
  readonly snapshot: string;
  /** ISO time with zone. */
  readonly readAt: string;
  /** Transactions that were running when the snapshot was taken. */
  readonly inProgress: number;
  readonly datasets: Readonly<Record<string, DatasetState>>;
}

/** One dataset of the hub at one snapshot. */
export interface DatasetState {
  readonly epoch: string;
  readonly tableOid: string;
  /** Is the change log complete from the window's beginning? True without a window. */
  readonly isLogComplete: boolean;
  /** Log rows of the window, at most `maxPendingCounted`; 0 without a window. */
  readonly pending: number;
}

/**
 * Begins the transaction in which everything of a run is read, and answers the hub's identity, its
 * snapshot, and what is pending for each dataset since its cursor's snapshot (undefined: no window).
 * All later reads in the transaction see that same snapshot; it writes nothing. `timeoutMs` bounds
 * each statement, so that a customer's database that takes rows slowly cannot hold the hub's old row
 * versions for ever. On a standby only `isStandby` means something.
 */
export async function openHubRead(
  sql: Sql,
  cursors: ReadonlyMap<DatasetName, string | undefined>,
  timeoutMs: number,
): Promise<HubState> {
  const states = [...cursors].map(([name, snapshot]) =>
    datasetState(requireDataset(name), snapshot)
  );
  const results = await sql.unsafe(`begin isolation level repeatable read read only;
set local timezone = 'UTC';
set local search_path = pg_catalog;
set local work_mem = '64MB';
set local statement_timeout = ${timeoutMs};
set local idle_in_transaction_session_timeout = ${timeoutMs};
select json_build_object(
  'hubId', (select hub_id from perigee.hub),
  'isStandby', pg_is_in_recovery(),
  'snapshot', pg_current_snapshot()::text,
  'inProgress', (select count(*) from pg_snapshot_xip(pg_current_snapshot())),
  'readAt', now(),
  'systemIdentifier', (select system_identifier::text from pg_control_system()),
  'timeline', case when not pg_is_in_recovery()
    then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end,
  'databaseOid', (select oid::text from pg_database where datname = current_database()),
  'datasets', json_build_object(${states.join(", ")})
)::text as state`) as unknown as { state?: string }[][];
  const state = results.at(-1)?.[0]?.state;
  if (state === undefined) throw new Error("the hub's state is one row");
  return JSON.parse(state) as HubState;
}

function datasetState(dataset: Dataset, snapshot: string | undefined): string {
  const pending = snapshot === undefined ? "0" : `(select count(*) from (
      ${touchedKeys(dataset, { snapshot, atMost: maxPendingCounted })}) as touched)`;
  const isComplete = snapshot === undefined
    ? "true"
    : `e.pruned_before <= pg_snapshot_xmin('${requireSnapshot(snapshot)}'::pg_snapshot)`;
  return `'${dataset.name}', (select json_build_object(
    'epoch', e.epoch::text,
    'tableOid', 'perigee.${dataset.hubTable}'::regclass::oid::text,
    'isLogComplete', ${isComplete},
    'pending', ${pending}
  ) from perigee.dataset_epochs as e where e.dataset = '${dataset.name}')`;
}

/** Whether `later` can follow `earlier` in one hub; false after a restore to an older state. */
export function isLaterSnapshot(later: string, earlier: string): boolean {
  return xmax(later) >= xmax(earlier);
}

function xmax(snapshot: string): bigint {
  return BigInt(requireSnapshot(snapshot).split(":")[1] ?? "0");
}
