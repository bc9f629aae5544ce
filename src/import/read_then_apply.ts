import { withReadTransaction } from "../connector/read_transaction.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { withHubTransaction } from "../hub/hub_transaction.ts";
import type { Connection } from "../postgres/connection.ts";
import type { ConnectionTarget } from "../postgres/target.ts";

/** Where rows come from and go to. */
export interface ReadThenApply<R, T> {
  readonly connectors: ConnectorRegistry;
  readonly connector: string;
  readonly hubTarget: ConnectionTarget;
  readonly signal: AbortSignal;
  /** Works in the connector's read transaction; `hub` is the session of the hub's transaction. */
  readonly read: (source: Connection, hub: Promise<Connection>) => Promise<R>;
  /** Works in the hub's transaction with what `read` answered. */
  readonly apply: (hubSession: Connection, read: R) => Promise<T>;
}

/**
 * Opens both transactions at the same time, and ends the connector's as soon as `read` is done, so
 * that no snapshot of it is held while the hub writes. The hub's is committed when `apply` is done
 * and the connector's has ended well. When either fails at any point both are rolled back; the
 * failure that came first is thrown.
 */
export async function readThenApply<R, T>(options: ReadThenApply<R, T>): Promise<T> {
  const { connectors, connector, hubTarget, signal, read, apply } = options;
  const hub = openPromise<Connection>();
  const rows = openPromise<R>();
  const reading = withReadTransaction(connectors, connector, signal, async (source) => {
    rows.resolve(await read(source, hub.promise));
  });
  reading.catch(rows.reject);
  try {
    return await withHubTransaction(hubTarget, signal, async (hubSession) => {
      hub.resolve(hubSession);
      const result = await apply(hubSession, await rows.promise);
      await reading;
      return result;
    });
  } catch (error) {
    hub.reject(error);
    await reading.catch(() => undefined);
    throw error;
  }
}

interface OpenPromise<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that others settle, and that nobody has to listen to. */
function openPromise<T>(): OpenPromise<T> {
  let resolve: OpenPromise<T>["resolve"] = () => undefined;
  let reject: OpenPromise<T>["reject"] = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
