import type { Sql } from "postgres";
import type { ConnectionTarget } from "../postgres/target.ts";

/**
 * Longest single statement of an export, ms. Merging some ten million rows takes most of an hour on
 * a small server; half of it would never get through there, twice it would hold locks for longer
 * on a server that is stuck.
 */
export const statementLimitMs = 3_600_000;

/**
 * How long the customer's database may wait for the hub inside a transaction, ms. Bounds how long a
 * daemon that vanished can hold row locks; the hub's slowest window query must fit into it.
 */
const idleLimitMs = 600_000;

/**
 * Begins a transaction in the customer's database that does not depend on what the role, the
 * database or a session before us has set: read committed for ON CONFLICT, UTC and ISO for casts,
 * names only where they are written, and an error where row security would hide rows.
 */
export async function beginTargetWrite(sql: Sql, target: ConnectionTarget): Promise<void> {
  await sql.unsafe(`begin isolation level read committed read write;
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
set local search_path = pg_catalog;
set local row_security = off;
set local standard_conforming_strings = on;
set local lock_timeout = ${target.lockTimeoutMs};
set local statement_timeout = ${Math.max(statementLimitMs, target.statementTimeoutMs)};
set local idle_in_transaction_session_timeout = ${idleLimitMs}`);
}

/** As `beginTargetWrite`, to read everything at one snapshot. */
export async function beginTargetRead(sql: Sql, target: ConnectionTarget): Promise<void> {
  await sql.unsafe(`begin isolation level repeatable read read only;
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local search_path = pg_catalog;
set local row_security = off;
set local lock_timeout = ${target.lockTimeoutMs};
set local statement_timeout = ${Math.max(statementLimitMs, target.statementTimeoutMs)};
set local idle_in_transaction_session_timeout = ${idleLimitMs}`);
}
