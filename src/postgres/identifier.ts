import { Buffer } from "node:buffer";

import { PerigeeError } from "../error.ts";

/** NAMEDATALEN - 1: longer names are cut by the server without an error, and two may become one. */
const maxBytes = 63;

/**
 * Quotes one SQL identifier, whatever characters it has. Throws PG280 for what Postgres cannot
 * store as a name: the empty text, one with NUL, one of more than 63 bytes of UTF-8.
 */
export function quoteIdentifier(name: string): string {
  const problem = findProblem(name);
  if (problem === undefined) return `"${name.replaceAll('"', '""')}"`;
  throw new PerigeeError(
    `${JSON.stringify(name)} cannot be the name of a table or column: ${problem}`,
    {
      kind: "schema",
      code: "PG280",
      advice: `Use a name of 1 to ${maxBytes} bytes without NUL.`,
    },
  );
}

/** Quotes `schema.name`, each part as {@link quoteIdentifier} does. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/**
 * Quotes a text for the few statements that take no parameters (COPY, SET, LISTEN, CREATE ROLE).
 * Right whatever `standard_conforming_strings` says: a backslash makes it an `E''` literal.
 * Throws PG280 when the text has a NUL, which no text value of Postgres can hold.
 */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) {
    throw new PerigeeError("A text with a NUL character cannot be written as a literal", {
      kind: "data",
      code: "PG280",
    });
  }
  const doubled = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

function findProblem(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name.includes("\0")) return "it has a NUL character";
  const bytes = Buffer.byteLength(name);
  return bytes > maxBytes ? `it has ${bytes} bytes and Postgres keeps ${maxBytes}` : undefined;
}
