import type { Sql } from "postgres";
import { quoteIdentifier } from "../postgres/identifier.ts";

/** What one hub column gets: SQL over the staged row `s`, and over the row `c` that it changes. */
export interface Assignment {
  readonly column: string;
  readonly insert: string;
  /** Undefined where an existing row keeps what it has. */
  readonly update: string | undefined;
}

/** How staged rows become rows of a dataset. All SQL in it is made by the planner. */
export interface ApplyPlan {
  /** The dataset's table in schema `perigee`. */
  readonly table: string;
  /** SQL over `s` and `c`: is this the row? */
  readonly match: string;
  readonly assignments: readonly Assignment[];
}

/**
 * Changes the rows that are there and differ, and answers how many. Rows that are equal are not
 * written, so they cause no export. Locks the rows it changes; another program that changes the
 * same row waits or is waited for.
 */
export async function updateRows(sql: Sql, plan: ApplyPlan): Promise<number> {
  const changing = plan.assignments.flatMap(({ column, update }) =>
    update === undefined ? [] : [{ column: quoteIdentifier(column), update }]
  );
  if (changing.length === 0) return 0;
  const sets = changing.map(({ column, update }) => `${column} = ${update}`).join(", ");
  const before = changing.map(({ column }) => `c.${column}`).join(", ");
  const after = changing.map(({ update }) => update).join(", ");
  const result = await sql.unsafe(
    `update perigee.${quoteIdentifier(plan.table)} as c set ${sets} from import_staging as s
     where ${plan.match} and row(${before}) is distinct from row(${after})`,
  );
  return result.count;
}

/**
 * Inserts the rows that are not there and answers how many. A unique value that is taken ends the
 * statement with 23505, on purpose: skipping such rows in silence would lose them.
 */
export async function insertRows(sql: Sql, plan: ApplyPlan): Promise<number> {
  const table = `perigee.${quoteIdentifier(plan.table)}`;
  const columns = plan.assignments.map(({ column }) => quoteIdentifier(column)).join(", ");
  const values = plan.assignments.map(({ insert }) => insert).join(", ");
  const result = await sql.unsafe(
    `insert into ${table} (${columns}) select ${values} from import_staging as s
     where not exists (select from ${table} as c where ${plan.match})`,
  );
  return result.count;
}

/** Finds the contacts of staged rows of other datasets; answers how many keys have none. */
export async function resolveContacts(sql: Sql, contactKey: string): Promise<number> {
  await sql.unsafe(
    `update import_staging s set contact_id = c.contact_id from perigee.contacts c
     where ${contactKey} = s.key`,
  );
  const [row] = await sql.unsafe<{ unmatched: number }[]>(
    `select count(distinct key)::float8 as unmatched from import_staging where contact_id is null`,
  );
  return row?.unmatched ?? 0;
}

/** Gives staged rows the ids that they got at an earlier run, and new ids to those that are new. */
export async function assignLinkedIds(
  sql: Sql,
  importName: string,
  table: string,
  column: string,
): Promise<void> {
  await sql`
    update import_staging s set row_id = link.row_id from perigee.import_links link
    where link.import_name = ${importName} and link.source_key = s.source_key`;
  await sql`
    update import_staging s
    set row_id = nextval(pg_get_serial_sequence(${`perigee.${table}`}, ${column}))
    where s.row_id is null`;
}

/** Remembers which row each staged row became. `idSql` is the row's id over `c`. */
export async function storeLinks(
  sql: Sql,
  importName: string,
  plan: ApplyPlan,
  sourceKey: string,
  idSql: string,
): Promise<void> {
  await sql.unsafe(
    `insert into perigee.import_links as known (import_name, source_key, row_id)
     select $1, s.${sourceKey}, ${idSql}
     from import_staging as s join perigee.${quoteIdentifier(plan.table)} as c on ${plan.match}
     on conflict (import_name, source_key) do update set row_id = excluded.row_id
       where known.row_id <> excluded.row_id`,
    [importName],
  );
}

/** Creates the TEMP table for the keys of all rows that the source has now. */
export async function createSeenTable(sql: Sql): Promise<void> {
  await sql.unsafe("create temp table import_seen (source_key text) on commit drop");
}

/** How many rows the import remembers, and how many of them the source has no more. */
export async function countMissing(
  sql: Sql,
  importName: string,
): Promise<{ known: number; missing: number }> {
  const [row] = await sql<{ known: number; missing: number }[]>`
    select count(*)::float8 as known,
      (count(*) filter (where not exists (
        select from import_seen seen where seen.source_key = link.source_key)))::float8 as missing
    from perigee.import_links link where link.import_name = ${importName}`;
  return row ?? { known: 0, missing: 0 };
}

/** The status that contacts get when their row disappears under `on_missing: unsubscribe`. */
const unsubscribedStatus = "UNSUBSCRIBED";

/**
 * Removes (or unsubscribes) the rows that the source has no more, forgets them, and answers how many
 * changed. A row that another source row became too stays.
 */
export async function removeMissing(
  sql: Sql,
  importName: string,
  table: string,
  idColumn: string,
  how: "unsubscribe" | "delete",
): Promise<number> {
  const action = how === "delete"
    ? `delete from perigee.${quoteIdentifier(table)} c using orphan
       where c.${quoteIdentifier(idColumn)} = orphan.row_id`
    : `update perigee.contacts c set email_status = '${unsubscribedStatus}' from orphan
       where c.contact_id = orphan.row_id
         and c.email_status is distinct from '${unsubscribedStatus}'`;
  const [row] = await sql.unsafe<{ removed: number }[]>(
    `with gone as (
       delete from perigee.import_links link
       where link.import_name = $1 and not exists (
         select from import_seen seen where seen.source_key = link.source_key)
       returning link.source_key, link.row_id),
     orphan as (
       select distinct gone.row_id from gone where not exists (
         select from perigee.import_links link join import_seen seen using (source_key)
         where link.import_name = $1 and link.row_id = gone.row_id)),
     removed as (${action} returning 1)
     select count(*)::float8 as removed from removed`,
    [importName],
  );
  return row?.removed ?? 0;
}
