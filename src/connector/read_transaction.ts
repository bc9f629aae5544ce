import type { PerigeeError } from "../error.ts";
import type { Connection } from "../postgres/connection.ts";
import { readSettings } from "./read_settings.ts";
import type { ConnectorRegistry } from "./registry.ts";

/**
 * Runs `work` in one read-only REPEATABLE READ transaction on a connection of its own to the
 * connector (its replica where it has one): every statement in it sees the same moment of the
 * database, and none can write, whatever the configuration's SQL says.
 *
 * The connection is gone afterwards, at once when `signal` aborts. Errors are those of `work`.
 */
export async function withReadTransaction<T>(
  connectors: ConnectorRegistry,
  connector: string,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const connection = await connectors.connect(connector, "read");
  const stop = () => connection.destroy(signal.reason as PerigeeError);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await connection.sql.unsafe(beginReading(connection));
    const result = await work(connection);
    await connection.sql.unsafe("commit");
    await connection.end();
    return result;
  } finally {
    signal.removeEventListener("abort", stop);
    connection.destroy();
  }
}

/** JIT costs more than it saves for statements that stream. */
function beginReading({ target }: Connection): string {
  return `begin isolation level repeatable read read only;${readSettings(target)};
    set local jit = off`;
}
