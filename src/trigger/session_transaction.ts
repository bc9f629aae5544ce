import type { TransactionSql } from "postgres";
import type { Connection } from "../postgres/connection.ts";

/**
 * Runs `body` in a transaction of a dedicated connection, where COPY is possible (the driver's own
 * `begin` keeps the connection from it). Commits when `body` resolves. When it throws, or the
 * commit fails, the transaction is rolled back, and a connection that cannot do that is destroyed.
 */
export async function inTransaction<T>(
  connection: Connection,
  mode: "" | "read only",
  body: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const { sql } = connection;
  await sql.unsafe(`begin ${mode}`);
  try {
    const result = await body(sql as unknown as TransactionSql);
    await sql.unsafe("commit");
    return result;
  } catch (error) {
    await sql.unsafe("rollback").catch(() => connection.destroy());
    throw error;
  }
}
