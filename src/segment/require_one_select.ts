import type { Sql } from "postgres";
import { PerigeeError } from "../error.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import type { RemoteLeaf } from "./plan_segments.ts";

/**
 * Makes sure that a leaf's own SQL is one statement that returns one column. The extended protocol
 * takes exactly one, whose parentheses therefore match; so SQL that would leave the parentheses we
 * put around it and begin another statement is refused here, before COPY and EXPLAIN, which have no
 * such check. Reads no rows. Throws PG623, or the server's reason why it refuses the statement.
 */
export async function requireOneSelect(
  { query, statement, place }: RemoteLeaf,
  sql: Sql,
  target: ConnectionTarget,
): Promise<void> {
  if (query === undefined) return;
  try {
    const { columns } = await sql.unsafe(query, [], { prepare: true }).describe();
    if (columns.length !== 1) throw refuse(place, `returns ${columns.length} columns`, undefined);
    await sql.unsafe(statement, [], { prepare: true }).describe();
  } catch (error) {
    const failure = describeFailure(error, { doing: `evaluate the SQL at ${place}`, target });
    if (failure.sqlstate !== "42601") throw failure;
    throw refuse(place, "has a syntax error, or is more than one statement", failure);
  }
}

function refuse(place: string, finding: string, cause: PerigeeError | undefined): PerigeeError {
  return new PerigeeError(
    `the SQL of a segment at ${place} ${finding}; one SELECT of a key is wanted`,
    {
      kind: "config",
      code: "PG623",
      advice: "Write one SELECT with the contact key as its only column.",
      sqlstate: cause?.sqlstate,
      cause,
    },
  );
}
