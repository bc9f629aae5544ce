import type { Sql, TransactionSql } from "postgres";
import type { ConnectionTarget } from "../postgres/target.ts";

/**
 * Statements that make one transaction read each value in the form that this program expects,
 * within the connector's time limits, whatever its session was set to before. Pure.
 */
export function readSettings(target: ConnectionTarget): string {
  return `
    set local statement_timeout = ${Math.ceil(target.statementTimeoutMs)};
    set local lock_timeout = ${Math.ceil(target.lockTimeoutMs)};
    set local idle_in_transaction_session_timeout = ${Math.ceil(target.idleInTransactionTimeoutMs)};
    set local timezone = 'UTC';
    set local datestyle = 'ISO, YMD';
    set local intervalstyle = 'postgres';
    set local extra_float_digits = 1;
    set local standard_conforming_strings = on`;
}

/**
 * Runs `work`, which reads values, on `sql`: as it is where the session is ours alone and was begun
 * with our settings, and in one transaction with `readSettings` behind a pooler, whose sessions are
 * as their last client left them. Errors are the driver's and those of `work`.
 */
export async function withReadSettings<T>(
  sql: Sql,
  target: ConnectionTarget,
  work: (sql: Sql | TransactionSql) => Promise<T>,
): Promise<T> {
  if (!target.isPooled) return await work(sql);
  return await sql.begin(async (transaction) => {
    await transaction.unsafe(readSettings(target));
    return await work(transaction);
  }) as T;
}
