import { openConnection } from "../postgres/connection.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { PerigeeError } from "../error.ts";

/** The database that every server has for such commands. */
const maintenanceDatabase = "postgres";

/**
 * Creates the target's database where the server has none of that name, and answers whether it did.
 * Needs the right to create databases only then. Two at once are safe: one creates it, the other
 * finds it. Throws the errors of connecting (PG2xx), PG2xx of a missing right, with nothing open.
 */
export async function createDatabaseIfMissing(target: ConnectionTarget): Promise<boolean> {
  try {
    await (await openConnection(target)).end();
    return false;
  } catch (error) {
    if (!(error instanceof PerigeeError) || error.sqlstate !== "3D000") throw error;
  }
  const connection = await openConnection({ ...target, database: maintenanceDatabase });
  try {
    await connection.sql.unsafe(`create database ${quoteIdentifier(target.database)}`);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "42P04") throw error; // Another one was faster.
    return false;
  } finally {
    await connection.end();
  }
}
