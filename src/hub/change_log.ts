import type { Sql } from "postgres";
import { type Dataset, type DatasetName, datasets, requireDataset } from "../dataset/datasets.ts";
import { touchedKeys } from "./dataset_rows.ts";
import { type Lease, requireLease } from "./lease.ts";

/** What a glance at the change log found. */
export interface ChangeGlance {
  readonly snapshot: string;
  /** Transactions that were running at the snapshot, as xid8 texts. */
  readonly inProgress: readonly string[];
  /** How often datasets were touched since the last glance's snapshot, counted up to `atMost`. */
  readonly touched: Readonly<Partial<Record<DatasetName, number>>>;
  readonly epochs: Readonly<Record<string, string>>;
}

/**
 * Looks whether datasets were touched by transactions that the snapshot of the last glance did not
 * show; the first glance finds none. One statement, so all of it is true at one moment. Reads only
 * the end of each log's index and locks nothing.
 */
export async function glanceAtChanges(
  sql: Sql,
  watched: readonly DatasetName[],
  last: string | undefined,
  atMost: number,
): Promise<ChangeGlance> {
  const counts = last === undefined
    ? []
    : watched.map((name) =>
      `select '${name}' as name, count(*) as count from (
      ${touchedKeys(requireDataset(name), { snapshot: last, atMost })}) as touched`
    );
  const [row] = await sql.unsafe<{ glance: string }[]>(`select json_build_object(
  'snapshot', pg_current_snapshot()::text,
  'inProgress', (select coalesce(json_agg(x::text), '[]')
    from pg_snapshot_xip(pg_current_snapshot()) as x),
  'touched', (select coalesce(json_object_agg(name, count), '{}')
    from (${counts.join(" union all ") || "select '' as name, 0 as count"}) as counted
    where count > 0),
  'epochs', (select json_object_agg(dataset, epoch::text) from perigee.dataset_epochs)
)::text as glance`);
  if (row === undefined) throw new Error("a glance is one row");
  return JSON.parse(row.glance) as ChangeGlance;
}

/**
 * Makes later snapshots tell of every transaction that writes now: a snapshot lists none of those
 * that are newer than the newest that has ended, so this one begins, gets a number and ends.
 */
export async function passRunningTransactions(sql: Sql): Promise<void> {
  await sql`select pg_current_xact_id()`;
}

/**
 * Keeps the hub's writers from notifying for `ms`, because the caller looks at the change log by
 * himself meanwhile, and once more afterwards. Answers when that time is over; false at once where
 * another daemon does so, or a writer is just asking. The lock lives as long as the statement, so
 * whatever becomes of the caller, writers notify again when that time is over (migration 0042).
 */
export async function keepWritersQuiet(sql: Sql, ms: number): Promise<boolean> {
  const [row] = await sql<{ held: boolean }[]>`
    select held, case when held then pg_sleep(${ms / 1_000}::double precision)::text end
    from (select pg_try_advisory_xact_lock(8101190) as held offset 0) as lock`;
  return row?.held ?? false;
}

/** What the change log is kept for. */
export interface KeptChanges {
  /** The configured exports by name; what others reported is forgotten. */
  readonly exports: ReadonlyMap<string, readonly DatasetName[]>;
  /** Rows that are kept of each dataset's log for exports that are behind. */
  readonly maxRows: number;
}

/** What pruning did. */
export interface Pruned {
  readonly deleted: number;
  /** Exports that were so far behind that the log is no longer kept for them. */
  readonly cutOff: readonly { readonly exportName: string; readonly dataset: DatasetName }[];
}

/**
 * Deletes what no configured export needs any more from the change log of each dataset: what was
 * written before the oldest of their snapshots began. Where more than `maxRows` would stay, the
 * exports that are the furthest behind are cut off, and compare in full at their next run.
 *
 * Any number of daemons may do it at once. The limit below which the log is incomplete is moved, and
 * committed, before the first row goes, and a run reads that limit at the snapshot at which it
 * reads the log: so no run takes a pruned log for a complete one.
 */
export async function pruneChanges(sql: Sql, kept: KeptChanges): Promise<Pruned> {
  await forgetExports(sql, kept);
  let deleted = 0;
  const cutOff: { exportName: string; dataset: DatasetName }[] = [];
  for (const dataset of datasets.values()) {
    for (const exportName of await cutOffExports(sql, dataset, kept.maxRows)) {
      cutOff.push({ exportName, dataset: dataset.name });
    }
    if (!await movePrunedLimit(sql, dataset)) continue;
    deleted += await deletePruned(sql, dataset);
  }
  return { deleted, cutOff };
}

async function forgetExports(sql: Sql, { exports }: KeptChanges): Promise<void> {
  const configured = [...exports].flatMap(([name, names]) =>
    names.map((dataset) => ({ name, dataset }))
  );
  await sql`
    delete from perigee.export_cursors as c
    where not exists (
      select from json_to_recordset(${JSON.stringify(configured)}::text::json)
        as k (name text, dataset text)
      where k.name = c.export_name and k.dataset = c.dataset)`;
}

/** Marks the exports that need more than the newest `maxRows` rows of a log, and answers which. */
async function cutOffExports(sql: Sql, dataset: Dataset, maxRows: number): Promise<string[]> {
  const marked = await sql.unsafe<{ name: string }[]>(
    `update perigee.export_cursors as c set is_cut_off = true
    from (select xid from perigee.${dataset.changesTable} order by xid desc offset $1 limit 1) as last
    where c.dataset = $2 and not c.is_cut_off and pg_snapshot_xmin(c.snapshot::pg_snapshot) <= last.xid
    returning c.export_name as name`,
    [String(maxRows), dataset.name],
  );
  return marked.map(({ name }) => name);
}

/**
 * Moves the limit to the oldest snapshot that is still needed, or to the oldest running transaction
 * where none is. False when there is nothing below it, or another daemon is at it.
 */
async function movePrunedLimit(sql: Sql, dataset: Dataset): Promise<boolean> {
  const moved = await sql.unsafe(
    `update perigee.dataset_epochs as e set pruned_before = needed.xid
    from (
      select least(
        (select pg_snapshot_xmin(snapshot::pg_snapshot) as xid from perigee.export_cursors
          where dataset = $1 and not is_cut_off order by xid limit 1),
        pg_snapshot_xmin(pg_current_snapshot())) as xid
    ) as needed
    where e.dataset = $1 and needed.xid >= e.pruned_before
      and needed.xid > (select xid from perigee.${dataset.changesTable} order by xid limit 1)`,
    [dataset.name],
  );
  return moved.count === 1;
}

/** Rows that one statement deletes, so that none runs for long. */
const batchRows = 50_000;

async function deletePruned(sql: Sql, dataset: Dataset): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { count } = await sql.unsafe(
      `delete from perigee.${dataset.changesTable} where ctid = any(array(
        select c.ctid from perigee.${dataset.changesTable} as c
        where c.xid < (select pruned_before from perigee.dataset_epochs where dataset = $1)
        limit ${batchRows}))`,
      [dataset.name],
    );
    deleted += count;
    if (count < batchRows) return deleted;
  }
}

/** Keys that are logged in one statement. */
const keysAtOnce = 10_000;

/**
 * Logs keys of a dataset as touched, so that every export reads them again. `keys` are JSON arrays
 * of the key's values, as texts. Harmless to repeat; only the holder of the lease may do it.
 */
export async function touchKeys(
  hub: Sql,
  lease: Lease,
  name: DatasetName,
  keys: readonly string[],
): Promise<void> {
  const { key, changesTable } = requireDataset(name);
  const columns = key.map(({ hubColumn }) => hubColumn).join(", ");
  const values = key.map(({ hubType }, index) => `(k.value ->> ${index})::${hubType}`).join(", ");
  await hub.begin(async (sql) => {
    await requireLease(sql, lease);
    for (let start = 0; start < keys.length; start += keysAtOnce) {
      await sql.unsafe(
        `insert into perigee.${changesTable} (${columns})
        select ${values} from json_array_elements($1::text::json) as k (value)`,
        [`[${keys.slice(start, start + keysAtOnce).join(",")}]`],
      );
    }
  });
}
