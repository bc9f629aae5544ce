import type { ExportConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { type Connection } from "../postgres/connection.ts";
import { describeFailure } from "../postgres/failure.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import type { TargetSurvey } from "./found_table.ts";
import {
  cursorsName,
  cursorsStatements,
  exportsName,
  rejectsName,
  statusStatements,
} from "./status_ddl.ts";
import { beginTargetWrite } from "./target_transaction.ts";

/** Key of the advisory lock under which the schema is prepared; any number, but one for all. */
const prepareLock = 8_101_191;

/** The statements that a schema still needs before rows can be exported into it. */
export function preparationStatements(config: ExportConfig, survey: TargetSurvey): string[] {
  const has = new Set(survey.tables.map((table) => table.name));
  const lacksStatus = config.statusTables && !(has.has(exportsName) && has.has(rejectsName));
  return [
    ...survey.hasSchema ? [] : [`create schema if not exists ${quoteIdentifier(config.schema)}`],
    ...has.has(cursorsName) ? [] : cursorsStatements(config.schema),
    ...lacksStatus ? statusStatements(config.schema) : [],
  ];
}

/**
 * Makes schema, cursors and status relations where they are missing, in one transaction. Any number
 * of daemons may do it at once: a transaction-level lock lets the second find it done. Throws PG515
 * when the schema may not be made.
 */
export async function prepareSchema(
  config: ExportConfig,
  survey: TargetSurvey,
  target: Connection,
): Promise<void> {
  const statements = preparationStatements(config, survey);
  if (statements.length === 0) return;
  await beginTargetWrite(target.sql, target.target);
  try {
    await target.sql.unsafe(`select pg_advisory_xact_lock(${prepareLock})`);
    for (const statement of statements) await target.sql.unsafe(statement);
    await target.sql.unsafe("commit");
  } catch (error) {
    if (target.isAlive) await target.sql.unsafe("rollback");
    const doing = `prepare schema ${config.schema}`;
    const failure = describeFailure(error, { doing, target: target.target });
    if (survey.hasSchema || failure.kind !== "permission") throw failure;
    throw new PerigeeError(
      `Could not export to ${config.connector}: schema ${config.schema} does not exist and this user may not make it`,
      {
        kind: "permission",
        code: "PG515",
        sqlstate: failure.sqlstate,
        cause: failure,
        advice:
          `Create the schema ${config.schema} and grant usage and create on it to this user (\`perigee grants\` prints the statements).`,
      },
    );
  }
}
