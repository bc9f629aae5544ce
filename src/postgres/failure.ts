import { PerigeeError } from "../error.ts";
import { type FailureCode, failures, type RetryPolicy } from "./failure_table.ts";
import { findSqlstateCode } from "./sqlstate.ts";
import type { ConnectionTarget } from "./target.ts";

const codeByErrno: ReadonlyMap<string, FailureCode> = new Map([
  ["ENOTFOUND", "PG201"],
  ["EAI_AGAIN", "PG201"],
  ["ECONNREFUSED", "PG202"],
  ["EHOSTUNREACH", "PG202"],
  ["ENETUNREACH", "PG202"],
  ["EADDRNOTAVAIL", "PG202"],
  ["ENOENT", "PG202"],
  ["EACCES", "PG202"],
  ["ETIMEDOUT", "PG203"],
  ["CONNECT_TIMEOUT", "PG203"],
  ["ECONNRESET", "PG207"],
  ["EPIPE", "PG207"],
  ["ECONNABORTED", "PG207"],
  ["CONNECTION_CLOSED", "PG207"],
  ["CONNECTION_DESTROYED", "PG290"],
  ["CONNECTION_ENDED", "PG290"],
  ["ABORT_ERR", "PG290"],
  ["SASL_SIGNATURE_MISMATCH", "PG209"],
]);

/**
 * Turns whatever the driver, a socket or TLS throws into a `PerigeeError` of the table above. Never
 * throws. A `PerigeeError` comes back as it is. `doing` is a verb phrase that reads after "Could
 * not", such as "read promo_codes". The server's own words are kept only where they cannot hold a
 * row's values: its names of tables and columns, yes; "invalid input syntax for integer: …", no.
 */
export function describeFailure(
  error: unknown,
  what: { doing: string; target: ConnectionTarget },
): PerigeeError {
  if (error instanceof PerigeeError) return error;
  const fields = readFields(error);
  const code = findCode(fields);
  return makeFailure(code, what, { detail: findDetail(fields), ...fields, cause: error });
}

/** Makes an error of the table. `detail` says what exactly was found, and never holds a value. */
export function makeFailure(
  code: FailureCode,
  what: { doing: string; target: ConnectionTarget },
  more: { detail?: string | undefined; sqlstate?: string | undefined; cause?: unknown } = {},
): PerigeeError {
  const failure = failures[code];
  const detail = more.detail === undefined ? "" : ` (${more.detail})`;
  const message = `Could not ${what.doing} at ${
    describeTarget(what.target)
  }: ${failure.finding}${detail}`;
  return new PerigeeError(message, {
    kind: failure.kind,
    code,
    advice: failure.advice,
    sqlstate: more.sqlstate,
    cause: more.cause === undefined ? undefined : stripValues(more.cause),
  });
}

/** What to do about an error: the policy of its line; for errors of other parts, by their kind. */
export function retryPolicy(error: PerigeeError): RetryPolicy {
  if (error.code in failures) return failures[error.code as FailureCode].policy;
  if (error.kind === "connection" || error.kind === "conflict" || error.kind === "resource") {
    return "retry";
  }
  return error.kind === "data" ? "set_aside" : "stop";
}

/** The address for messages: name, user, database, host and port; never the password. */
export function describeTarget(target: ConnectionTarget): string {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  return `${target.name} (${target.username}@${host}:${target.port}/${target.database})`;
}

interface ErrorFields {
  readonly sqlstate: string | undefined;
  readonly errno: string | undefined;
  readonly message: string;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
}

function readFields(error: unknown): ErrorFields {
  const raw = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  const first = Array.isArray(raw["errors"]) ? raw["errors"][0] as { code?: unknown } : undefined;
  const code = text(raw["code"]) ?? text(first?.code);
  const isServer = raw["name"] === "PostgresError" || raw["severity"] !== undefined;
  return {
    sqlstate: isServer && code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined,
    errno: code,
    message: text(raw["message"]) ?? "",
    schema: text(raw["schema_name"]),
    table: text(raw["table_name"]),
    column: text(raw["column_name"]),
    constraint: text(raw["constraint_name"]),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function findCode(fields: ErrorFields): FailureCode {
  if (fields.sqlstate !== undefined) return findSqlstateCode(fields.sqlstate);
  if (fields.errno === undefined) return "PG299";
  return codeByErrno.get(fields.errno) ?? (isTlsCode(fields.errno) ? "PG206" : "PG299");
}

function isTlsCode(errno: string): boolean {
  return errno.startsWith("ERR_SSL_") || errno.startsWith("ERR_TLS_") || errno === "EPROTO";
}

/** SQLSTATE classes whose messages name objects, limits or settings, and never a row's values. */
const spokenClasses = new Set(["08", "0A", "25", "28", "3D", "3F", "42", "53", "55", "57", "58"]);

function findDetail(fields: ErrorFields): string | undefined {
  if (fields.sqlstate === undefined) return fields.errno;
  const isSpoken = fields.message !== "" && spokenClasses.has(fields.sqlstate.slice(0, 2));
  const spoken = isSpoken ? fields.message : undefined;
  const table = fields.schema === undefined ? fields.table : `${fields.schema}.${fields.table}`;
  const parts = [
    spoken,
    fields.table === undefined ? undefined : `table ${table}`,
    fields.column === undefined ? undefined : `column ${fields.column}`,
    fields.constraint === undefined ? undefined : `constraint ${fields.constraint}`,
    `SQLSTATE ${fields.sqlstate}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** The cause for the log's stack: its class, code and stack frames, without message and fields. */
function stripValues(cause: unknown): unknown {
  if (cause instanceof PerigeeError) return cause;
  const fields = readFields(cause);
  const name = cause instanceof Error ? cause.name : typeof cause;
  const stripped = new Error(`${name} ${fields.sqlstate ?? fields.errno ?? ""}`.trim());
  const frames = cause instanceof Error
    ? /\n\s+at [\s\S]*/.exec(cause.stack ?? "")?.[0]
    : undefined;
  stripped.stack = `${stripped.message}${frames ?? ""}`;
  return stripped;
}
