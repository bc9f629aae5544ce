import postgres, { type Sql } from "postgres";

import type { ConnectionOptions } from "./connection.ts";
import type { DriverSocket } from "./driver_socket.ts";
import type { ConnectionTarget } from "./target.ts";

/** The driver for one session on a socket that we give it; it opens nothing by itself. */
export function startDriver(
  target: ConnectionTarget,
  options: ConnectionOptions,
  socket: () => Promise<DriverSocket>,
): Sql {
  const { onNotify } = options;
  const settings = {
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    password: target.password,
    ssl: false,
    max: 1,
    prepare: !target.isPooled,
    fetch_types: false,
    // Timers of the driver end a connection in ways that its pool survives and this one need not.
    idle_timeout: null,
    max_lifetime: null,
    connect_timeout: null,
    onnotice: () => undefined,
    ...(onNotify === undefined ? {} : { onnotify: onNotify }),
    connection: makeStartupSettings(target, options.applicationName),
    socket,
  };
  return postgres(settings as unknown as Parameters<typeof postgres>[0]);
}

/**
 * Settings of the session, sent with the start-up message. The formats of dates and intervals are
 * what the driver parses, whatever the role's or database's defaults are. A pooler takes only the
 * first group; behind one the timeouts have to be set by `set local` in each transaction.
 */
function makeStartupSettings(
  target: ConnectionTarget,
  applicationName: string | undefined,
): Record<string, string> {
  const shared = {
    application_name: applicationName ?? `perigee ${target.name}`,
    DateStyle: "ISO, MDY",
    TimeZone: "UTC",
  };
  if (target.isPooled) return shared;
  return {
    ...shared,
    IntervalStyle: "postgres",
    // Numbers in full, backslashes that are backslashes, and no failures of serializable.
    extra_float_digits: "1",
    standard_conforming_strings: "on",
    default_transaction_isolation: "read committed",
    statement_timeout: String(target.statementTimeoutMs),
    lock_timeout: String(target.lockTimeoutMs),
    idle_in_transaction_session_timeout: String(target.idleInTransactionTimeoutMs),
    // So that a server notices within two minutes that this machine vanished, and frees its locks.
    tcp_keepalives_idle: "60",
    tcp_keepalives_interval: "15",
    tcp_keepalives_count: "4",
  };
}
