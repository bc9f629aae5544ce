import type { ErrorKind } from "../error.ts";

/** What the caller may do about a failure. */
export type RetryPolicy = "retry" | "set_aside" | "stop";

/** One line of the failure table. */
interface Failure {
  readonly kind: ErrorKind;
  /**
   * `retry`: the same again, later, with backoff. `set_aside`: this row is refused, the rest goes
   * on. `stop`: nothing changes until somebody acts, so look again slowly and say so.
   */
  readonly policy: RetryPolicy;
  /** What was found, as the end of the sentence "Could not …: …". */
  readonly finding: string;
  readonly advice: string;
}

/**
 * The failure table: every way in which work with a database can fail, and what follows from it.
 * Documented for operators in docs/errors.md.
 */
export const failures = {
  PG201: {
    kind: "connection",
    policy: "retry",
    finding: "the host name could not be resolved",
    advice: "Check the host name and this machine's DNS.",
  },
  PG202: {
    kind: "connection",
    policy: "retry",
    finding: "nothing accepts connections at this host and port",
    advice: "Check host and port, that the server runs, and that no firewall is in between.",
  },
  PG203: {
    kind: "connection",
    policy: "retry",
    finding: "the server did not answer in time",
    advice: "Check host, port and firewall; raise the connect timeout if the way is long.",
  },
  PG204: {
    kind: "connection",
    policy: "stop",
    finding: "the server does not offer TLS, which the ssl mode asks for",
    advice:
      "Turn TLS on at the server, or set ssl mode prefer or disable if the network is trusted.",
  },
  PG205: {
    kind: "connection",
    policy: "stop",
    finding: "the server's certificate does not pass the check that the ssl mode asks for",
    advice: "Give the right CA certificate and use the host name that the certificate has.",
  },
  PG206: {
    kind: "connection",
    policy: "retry",
    finding: "the TLS handshake failed",
    advice: "Check client certificate and key, and that the port is Postgres itself.",
  },
  PG207: {
    kind: "connection",
    policy: "retry",
    finding: "the connection was lost",
    advice: "It is opened again by itself; look at the server's log if this repeats.",
  },
  PG208: {
    kind: "connection",
    policy: "retry",
    finding: "the server is starting up or shutting down",
    advice:
      "Wait until it accepts connections. A running daemon tries again by itself; one that starts ends, to be started again.",
  },
  PG209: {
    kind: "connection",
    policy: "stop",
    finding: "what answers there does not follow the Postgres protocol as it was spoken to",
    advice: "Check host and port; set `pooled: true` for an address of a transaction pooler.",
  },
  PG210: {
    kind: "credentials",
    policy: "stop",
    finding: "the server refused the user name or password",
    advice: "Correct username and password.",
  },
  PG211: {
    kind: "credentials",
    policy: "stop",
    finding: "the server does not let this user in from here",
    advice: "Let this user, database and address in (pg_hba.conf, allow list), with TLS if asked.",
  },
  PG212: {
    kind: "schema",
    policy: "stop",
    finding: "the database does not exist",
    advice: "Correct the database name, or create it.",
  },
  PG213: {
    kind: "resource",
    policy: "retry",
    finding: "the server has no connection left",
    advice: "Use a smaller pool, or raise max_connections or the role's connection limit.",
  },
  PG220: {
    kind: "permission",
    policy: "stop",
    finding: "this user may not do that",
    advice: "Grant the right to this user (`perigee grants` prints the statements).",
  },
  PG221: {
    kind: "connection",
    policy: "retry",
    finding: "the server takes no writes (a standby, or read-only)",
    advice: "Point the address at the primary; after a failover it is found again by itself.",
  },
  PG230: {
    kind: "schema",
    policy: "stop",
    finding: "a table, column, type or function does not exist",
    advice: "Correct the name in the configuration, or create what is missing.",
  },
  PG231: {
    kind: "schema",
    policy: "stop",
    finding: "the types or the definition of the table do not fit",
    advice: "Alter the table so that it fits, or leave the column out.",
  },
  PG232: {
    kind: "schema",
    policy: "stop",
    finding: "the statement is not one that this server accepts",
    advice: "Check that the server's version is supported.",
  },
  PG240: {
    kind: "data",
    policy: "set_aside",
    finding: "a value does not fit its column",
    advice: "Correct the row where it comes from, or widen the column.",
  },
  PG241: {
    kind: "data",
    policy: "set_aside",
    finding: "a row violates a constraint",
    advice: "Correct the row where it comes from, or relax the constraint.",
  },
  PG250: {
    kind: "conflict",
    policy: "retry",
    finding: "another transaction got in between",
    advice: "It is tried again by itself.",
  },
  PG251: {
    kind: "conflict",
    policy: "retry",
    finding: "somebody else holds a lock for too long",
    advice: "Find the session that holds the lock (pg_locks, pg_stat_activity).",
  },
  PG252: {
    kind: "resource",
    policy: "retry",
    finding: "the statement was cancelled or took longer than its time limit",
    advice: "Add an index, read less at once, or raise the statement timeout.",
  },
  PG253: {
    kind: "resource",
    policy: "retry",
    finding: "the server ended the session because it was idle for too long",
    advice: "It is tried again by itself; raise the idle timeouts if this repeats.",
  },
  PG260: {
    kind: "resource",
    policy: "stop",
    finding: "the server's disk is full",
    advice: "Free space at the server; nothing was written by halves.",
  },
  PG261: {
    kind: "resource",
    policy: "retry",
    finding: "the server ran out of memory or another resource",
    advice: "Look at the server's log and its limits.",
  },
  PG262: {
    kind: "data",
    policy: "set_aside",
    finding: "a value is larger than Postgres can hold",
    advice: "Shorten the value where it comes from.",
  },
  PG270: {
    kind: "internal",
    policy: "retry",
    finding: "the server reports a damage or a fault of its own",
    advice: "Look at the server's log.",
  },
  PG271: {
    kind: "data",
    policy: "set_aside",
    finding: "a function or trigger of the database raised an error",
    advice: "Look at the database's own triggers and functions.",
  },
  PG290: {
    kind: "shutdown",
    policy: "stop",
    finding: "the connection was closed by this program",
    advice: "Nothing to do: what was interrupted is done again at the next start.",
  },
  PG299: {
    kind: "internal",
    policy: "stop",
    finding: "an unexpected error",
    advice: "Please report it with the log's lines around it.",
  },
} as const satisfies Record<string, Failure>;

/** A code of the failure table. */
export type FailureCode = keyof typeof failures;
