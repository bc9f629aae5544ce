import type { Sql } from "postgres";

/** One column of a table or view, as the server's catalog has it. */
export interface ColumnInfo {
  readonly name: string;
  /** The type with its modifiers, such as `character varying(20)` or `numeric(10,2)[]`. */
  readonly type: string;
  /** `pg_type.typname`, such as `varchar`; for an array that of the array type, `_numeric`. */
  readonly typeName: string;
  /** `typname` beneath all domains; the same as `typeName` where there is none. */
  readonly baseTypeName: string;
  /** `pg_type.typcategory`: `S` string, `N` number, `D` date or time, `B` boolean, `U` other, … */
  readonly typeCategory: string;
  readonly isArray: boolean;
  readonly isNullable: boolean;
  /** The server computes it: no value can be written to it. */
  readonly isGenerated: boolean;
  /** From 1, in the table's order; dropped columns leave gaps. */
  readonly position: number;
}

/** What a server says of itself and of the session's database. */
export interface ServerFacts {
  /** Such as 180004. */
  readonly versionNum: number;
  /** Such as `18.4`. */
  readonly version: string;
  /** In recovery: snapshots and windows may not be read here: they list no running transactions. */
  readonly isStandby: boolean;
  /** A standby, or `default_transaction_read_only`. */
  readonly isReadOnly: boolean;
  /** Empty where the role may not ask. */
  readonly systemIdentifier: string;
  /** Eight hex digits, as in names of WAL files; empty on a standby. Changes with a promotion. */
  readonly timeline: string;
  readonly databaseOid: string;
  /** The database's encoding, such as `UTF8`. */
  readonly encoding: string;
  /** The server's clock minus ours, to about half the time of one round trip. */
  readonly clockDifferenceMs: number;
}

/**
 * The columns of a table, view, materialized view, foreign or partitioned table, in its order.
 * Undefined when there is no such thing, or the role may not see its schema. Takes no lock.
 */
export async function findColumns(
  sql: Sql,
  schema: string,
  table: string,
): Promise<ColumnInfo[] | undefined> {
  const rows = await sql<(ColumnInfo | { name: null })[]>`
    select
      a.attname as name,
      format_type(a.atttypid, a.atttypmod) as type,
      t.typname as "typeName",
      coalesce(b.typname, t.typname) as "baseTypeName",
      t.typcategory::text as "typeCategory",
      t.typcategory = 'A' as "isArray",
      not (a.attnotnull or t.typnotnull) as "isNullable",
      a.attgenerated <> '' as "isGenerated",
      a.attnum::integer as position
    from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_attribute a
        on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_catalog.pg_type t on t.oid = a.atttypid
      left join lateral (
        with recursive beneath as (
          select d.oid, d.typname, d.typbasetype from pg_catalog.pg_type d where d.oid = t.oid
          union all
          select d.oid, d.typname, d.typbasetype
          from beneath join pg_catalog.pg_type d on d.oid = beneath.typbasetype
        )
        select typname from beneath where typbasetype = 0
      ) b on true
    where n.nspname = ${schema} and c.relname = ${table} and c.relkind in ('r', 'v', 'm', 'f', 'p')
    order by a.attnum`;
  if (rows.length === 0) return undefined;
  return rows.filter((row): row is ColumnInfo => row.name !== null).map((row) => ({ ...row }));
}

/** The columns of the primary key in its order; none where there is no such key. Takes no lock. */
export async function findKeyColumns(sql: Sql, schema: string, table: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select a.attname as name
    from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
      cross join lateral unnest(i.indkey::smallint[]) with ordinality as k (attnum, place)
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where n.nspname = ${schema} and c.relname = ${table} and k.place <= i.indnkeyatts
    order by k.place`;
  return rows.map((row) => row.name);
}

/**
 * Facts about the server and the database of the session. Works for any role that may connect, on
 * a standby too. Not all are read in one statement: a promotion in between shows at the next call.
 */
export async function findServerFacts(sql: Sql): Promise<ServerFacts> {
  const [row] = await sql<Omit<ServerFacts, "systemIdentifier" | "clockDifferenceMs">[]>`
    select
      current_setting('server_version_num')::integer as "versionNum",
      split_part(current_setting('server_version'), ' ', 1) as version,
      pg_is_in_recovery() as "isStandby",
      pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on'
        as "isReadOnly",
      case when pg_is_in_recovery() then ''
        else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline,
      d.oid::text as "databaseOid",
      pg_encoding_to_char(d.encoding)::text as encoding
    from pg_catalog.pg_database d
    where d.datname = current_database()`;
  if (row === undefined) throw new Error("pg_database has no row for the current database");
  const clockDifferenceMs = await measureClock(sql);
  return { ...row, systemIdentifier: await findSystemIdentifier(sql), clockDifferenceMs };
}

/** On a warm connection, so that the time of logging in does not count as the server's clock. */
async function measureClock(sql: Sql): Promise<number> {
  const sentAt = Date.now();
  const [row] = await sql<{ now: number }[]>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`;
  const receivedAt = Date.now();
  return Math.round((row?.now ?? 0) - (sentAt + receivedAt) / 2);
}

/** Two statements, because a function that the role may not call fails even where it is skipped. */
async function findSystemIdentifier(sql: Sql): Promise<string> {
  const [right] = await sql<{ mayAsk: boolean }[]>`
    select has_function_privilege('pg_catalog.pg_control_system()', 'execute') as "mayAsk"`;
  if (right?.mayAsk !== true) return "";
  const [row] = await sql<{ id: string }[]>`
    select system_identifier::text as id from pg_catalog.pg_control_system()`;
  return row?.id ?? "";
}
