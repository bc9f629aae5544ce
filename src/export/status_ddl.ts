import { quoteQualified } from "../postgres/identifier.ts";

/** Perigee's own relations beside the nine tables. */
export const cursorsName = "perigee_cursors";
export const exportsName = "perigee_exports";
export const rejectsName = "perigee_rejects";

/** Statements that make the table of cursors, which every export needs. */
export function cursorsStatements(schema: string): string[] {
  const name = quoteQualified(schema, cursorsName);
  return [
    `create table if not exists ${name} (
  table_name text primary key,
  dataset text not null,
  export_name text not null,
  hub_id uuid not null,
  system_identifier text,
  timeline text,
  database_oid text,
  table_oid text,
  capture_version integer,
  epoch text,
  snapshot text,
  shape text,
  read_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  changed_at timestamp with time zone,
  rows_changed bigint not null default 0,
  rows_rejected bigint not null default 0
) with (fillfactor = 50)`,
    `comment on table ${name} is 'How far each table follows the hub; moves in the same transaction as the rows. Deleting a row makes the next export compare that table in full. Written by Perigee.'`,
  ];
}

/** Statements that make what a customer looks at: `perigee_exports` and `perigee_rejects`. */
export function statusStatements(schema: string): string[] {
  const view = quoteQualified(schema, exportsName);
  const rejects = quoteQualified(schema, rejectsName);
  return [
    `create table if not exists ${rejects} (
  table_name text not null,
  dataset text not null,
  key jsonb not null,
  sqlstate text not null,
  column_name text,
  is_delete boolean not null default false,
  rejected_at timestamp with time zone not null default now(),
  primary key (table_name, key)
)`,
    `comment on table ${rejects} is 'Rows that a table here refused, by key; the rest was exported. A row is tried again when it changes in the hub or the table is resynced.'`,
    `comment on column ${rejects}.sqlstate is 'Why: the SQLSTATE with which the table refused the row; 22000 where the column cannot hold the value without changing it.'`,
    `create or replace view ${view} as
  select dataset, table_name, export_name as export, confirmed_at as last_success,
    changed_at as last_change, rows_changed as rows, rows_rejected as rejected,
    snapshot as hub_snapshot, now() - read_at as lag
  from ${quoteQualified(schema, cursorsName)}`,
    `comment on view ${view} is 'Freshness of the tables that Perigee keeps here: lag is the age of the hub''s state that a table shows, rows what its last change moved. While nothing changes in the hub nothing is written here, and the table is up to date although lag grows.'`,
  ];
}
