/**
 * What went wrong, as one closed set. Everything that decides (retry or stop, HTTP status, exit
 * code) decides on this, never on the words of a message.
 */
export type ErrorKind =
  | "config" // the user's configuration is wrong
  | "usage" // a command or request is malformed
  | "connection" // a database or receiver cannot be reached, or the link broke
  | "credentials" // the other side refused who we are
  | "permission" // the other side refused what we asked
  | "schema" // a table, column or type is missing or does not fit
  | "data" // a row or value is refused
  | "conflict" // somebody else holds or changed what we need
  | "resource" // disk, connections, memory or time ran out on the other side
  | "template" // a message template does not compile or render
  | "not_found" // what was asked for does not exist
  | "shutdown" // the daemon is stopping
  | "internal"; // a fault of ours

/** A place in a text that the operator wrote; line and column start at 1. */
export interface ErrorPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** A piece of that line. */
  readonly excerpt: string;
}

/** What a `PerigeeError` is made of besides its message. */
export interface ErrorDetails {
  readonly kind: ErrorKind;
  /** Stable code, `PG` and three digits; documented in docs/errors.md. */
  readonly code: string;
  /** One sentence that says what the operator can do. */
  readonly advice?: string | undefined;
  /** What lies beneath. Kept for the log's stack, never printed with its values. */
  readonly cause?: unknown;
  /** The SQLSTATE, where a Postgres server answered. */
  readonly sqlstate?: string | undefined;
  /** Where in a template or file the fault is, where it has such a place. */
  readonly place?: ErrorPlace | undefined;
}

/**
 * The one error class of the product. Its message says what failed, on what, what was found and
 * what was wanted; it never holds row values, request bodies or secrets.
 */
export class PerigeeError extends Error {
  override readonly name = "PerigeeError";
  readonly kind: ErrorKind;
  readonly code: string;
  readonly advice: string | undefined;
  readonly sqlstate: string | undefined;
  readonly place: ErrorPlace | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.code = details.code;
    this.advice = details.advice;
    this.sqlstate = details.sqlstate;
    this.place = details.place;
  }
}
