import type { Sql } from "postgres";
import { quoteIdentifier } from "../postgres/identifier.ts";

/** A dataset whose rows belong to contacts, and how an import knows them. All SQL is the planner's. */
export interface UnmatchedRows {
  readonly importName: string;
  /** The dataset's table in schema `perigee`. */
  readonly table: string;
  /** Columns of the dataset's key with their types, in order. */
  readonly key: readonly { readonly name: string; readonly type: string }[];
  /** SQL over `k`, which is `perigee.contacts`, for the text that a key is compared with. */
  readonly contactKey: string;
}

/**
 * Gives rows of earlier runs their contact where it has come since, and answers how many. Rows that
 * got a contact otherwise keep it. Part of the transaction of the run, which holds its lease.
 */
export async function linkUnmatched(sql: Sql, rows: UnmatchedRows): Promise<number> {
  const isRow = rows.key.map(({ name, type }, place) =>
    `c.${quoteIdentifier(name)} = (found.row_key ->> ${place})::${type}`
  ).join(" and ");
  const [row] = await sql.unsafe<{ linked: number }[]>(
    `with found as (
       delete from perigee.import_unmatched u using perigee.contacts k
       where u.import_name = $1 and ${rows.contactKey} = u.contact_key
       returning u.row_key, k.contact_id),
     linked as (
       update perigee.${quoteIdentifier(rows.table)} c set contact_id = found.contact_id
       from found where ${isRow} and c.contact_id is null returning 1)
     select count(*)::float8 as linked from linked`,
    [rows.importName],
  );
  return row?.linked ?? 0;
}

/**
 * Forgets those of the staged rows that have a contact now, or no key any more. `match` is SQL that
 * is true when the dataset's row `c` is the staged row `s`.
 */
export async function forgetMatched(sql: Sql, rows: UnmatchedRows, match: string): Promise<void> {
  const [waiting] = await sql`
    select from perigee.import_unmatched where import_name = ${rows.importName} limit 1`;
  // Nearly always; it spares a million staged rows the join.
  if (waiting === undefined) return;
  await sql.unsafe(
    `delete from perigee.import_unmatched u using import_staging s, ${tableOf(rows)} c
     where u.import_name = $1 and ${match} and u.row_key = ${rowKeySql(rows)}
       and (s.contact_id is not null or s.key is null)`,
    [rows.importName],
  );
}

/** Remembers those of the staged rows that have a key and no contact; `match` as above. */
export async function rememberUnmatched(
  sql: Sql,
  rows: UnmatchedRows,
  match: string,
): Promise<void> {
  await sql.unsafe(
    `insert into perigee.import_unmatched as known (import_name, row_key, contact_key)
     select $1, ${rowKeySql(rows)}, s.key
     from import_staging s join ${tableOf(rows)} c on ${match}
     where s.contact_id is null and s.key is not null and c.contact_id is null
     on conflict (import_name, row_key) do update set contact_key = excluded.contact_key
       where known.contact_key <> excluded.contact_key`,
    [rows.importName],
  );
}

function tableOf({ table }: UnmatchedRows): string {
  return `perigee.${quoteIdentifier(table)}`;
}

function rowKeySql({ key }: UnmatchedRows): string {
  return `jsonb_build_array(${key.map(({ name }) => `c.${quoteIdentifier(name)}`).join(", ")})`;
}
