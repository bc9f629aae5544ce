import type { Sql } from "postgres";

/** How far an import has read its source. */
export interface ImportCursor {
  readonly fingerprint: string;
  readonly sourceIdentity: string;
  /** Text of a `pg_snapshot`; undefined where the source has none that means anything. */
  readonly snapshot: string | undefined;
  /** Earlier snapshots with the cursor value read then, oldest first. */
  readonly history: readonly { readonly snapshot: string; readonly value: string }[];
  readonly hasDuplicates: boolean;
}

/** The cursor of an import; undefined before its first run. */
export async function findImportCursor(
  sql: Sql,
  importName: string,
): Promise<ImportCursor | undefined> {
  const [row] = await sql<(Omit<ImportCursor, "snapshot"> & { snapshot: string | null })[]>`
    select fingerprint, source_identity as "sourceIdentity", snapshot,
      cursor_history as history, has_duplicates as "hasDuplicates"
    from perigee.import_cursors where import_name = ${importName}`;
  return row === undefined ? undefined : { ...row, snapshot: row.snapshot ?? undefined };
}

/**
 * Moves the cursor from the snapshot that this run began with, and answers whether it was still
 * there. Part of the transaction of the rows, so both are there or neither. Several rows of one key
 * among the rejects, which are stored before, are remembered: later runs read all rows of a key.
 */
export async function moveImportCursor(
  sql: Sql,
  importName: string,
  from: ImportCursor | undefined,
  to: Omit<ImportCursor, "hasDuplicates">,
): Promise<boolean> {
  const rows = await sql`
    insert into perigee.import_cursors as known
      (import_name, fingerprint, source_identity, snapshot, cursor_history, has_duplicates)
    values (${importName}, ${to.fingerprint}, ${to.sourceIdentity}, ${to.snapshot ?? null},
      ${JSON.stringify(to.history)}::text::jsonb, exists (
        select from perigee.import_rejects
        where import_name = ${importName} and reason = 'duplicate'))
    on conflict (import_name) do update
      set fingerprint = excluded.fingerprint, source_identity = excluded.source_identity,
          snapshot = excluded.snapshot, cursor_history = excluded.cursor_history,
          has_duplicates = excluded.has_duplicates, updated_at = now()
      where known.snapshot is not distinct from ${from?.snapshot ?? null}
    returning import_name`;
  return rows.length === 1;
}

/** Reasons that can end without the source's row changing, so the row has to be read again. */
const reasonsToRetry = ["ambiguous", "taken"];

/** Keys that have to be read again beside what changed; undefined when they are more than `limit`. */
export async function findKeysToRetry(
  sql: Sql,
  importName: string,
  limit: number,
): Promise<string[] | undefined> {
  const rows = await sql<{ key: string }[]>`
    select distinct key from perigee.import_rejects
    where import_name = ${importName} and key <> '' and reason in ${sql(reasonsToRetry)}
    limit ${limit + 1}`;
  return rows.length > limit ? undefined : rows.map(({ key }) => key);
}

/** Rejects listed by one run at most; the counts are of all. */
const listedRejects = 10_000;

/**
 * Replaces what is known of rejected rows by what this run found in `import_rejected`: all of it
 * after a full run, else that of the keys in `import_staging` and `import_read_keys`.
 */
export async function storeRejects(
  sql: Sql,
  importName: string,
  runId: string,
  isFull: boolean,
): Promise<void> {
  const forgotten = isFull
    ? sql`delete from perigee.import_rejects where import_name = ${importName}`
    : sql`
      delete from perigee.import_rejects r
      where r.import_name = ${importName} and r.key in (
        select key from import_staging union select key from import_rejected)`;
  const listed = sql`
    insert into perigee.import_rejects as known (import_name, key, field, reason, rows, run_id)
    select ${importName}, coalesce(key, ''), field, reason, sum(rows), ${runId}::bigint
    from import_rejected group by 2, 3, 4
    order by 2, 3, 4 limit ${listedRejects}
    on conflict (import_name, key, field, reason) do update
      set rows = known.rows + excluded.rows, run_id = excluded.run_id, rejected_at = now()`;
  // Sent one behind the other; the server runs them in this order.
  await Promise.all([forgotten, listed]);
}

/** Reject numbers of this run: rows that were left out, and values that were. */
export async function countRejects(sql: Sql): Promise<{ rows: number; values: number }> {
  const [row] = await sql<{ rows: number; values: number }[]>`
    select coalesce(sum(rows) filter (where field = ''), 0)::float8 as rows,
      coalesce(sum(rows) filter (where field <> ''), 0)::float8 as values
    from import_rejected`;
  return row ?? { rows: 0, values: 0 };
}
