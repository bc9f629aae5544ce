import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { PerigeeError } from "../error.ts";
import type { Connection } from "./connection.ts";
import { CopyBatches } from "./copy_batches.ts";
import { startCopyIn, startCopyOut } from "./copy_statement.ts";
import { describeFailure, makeFailure } from "./failure.ts";

/** What to copy between two databases. */
export interface CopyBetween {
  readonly from: Connection;
  /** `copy (…) to stdout (format binary)` or any other format that `write` reads. */
  readonly read: string;
  readonly to: Connection;
  /** `copy … from stdin (format binary)`. Binary goes between columns of the same types only. */
  readonly write: string;
  readonly signal?: AbortSignal;
  /**
   * Awaited between the reader's start and the writer's, so that one server can begin to read while
   * the other one still does something else. Where it rejects, so does the copy.
   */
  readonly beforeWrite?: () => Promise<unknown>;
  /** Hears the size of every batch that is passed on, and how many messages of the reader's (one a row) it is. */
  readonly onBytes?: (bytes: number, messages: number) => void;
}

/**
 * Streams rows from one server to another, at the pace of the slower one, with a few hundred KB in
 * memory. Resolves when the writer's server has confirmed all rows; both connections can be used
 * on, inside the transactions they were in. Rejects with a `PerigeeError` that has the SQLSTATE of
 * the side that failed first, or the signal's reason; then both connections are destroyed, because
 * the other side would stay in COPY and hold its snapshot.
 */
export async function copyBetween(options: CopyBetween): Promise<{ bytes: number; rows: number }> {
  const { from, to, signal } = options;
  let bytes = 0;
  const batches = new CopyBatches((size, messages) => {
    bytes += size;
    options.onBytes?.(size, messages);
  });
  const rows = await orDestroy([from, to], signal, async () => {
    const reader = await startCopyOut(from, options.read).catch(blame(from, "read rows"));
    await options.beforeWrite?.();
    const writer = await startCopyIn(to, options.write).catch(blame(to, "write rows"));
    // The driver stops a socket whose reader is full and starts it again for nobody who has ended.
    reader.stream.once("end", () => from.resume());
    const [written] = await Promise.all([
      writer.completed.catch(blame(to, "write rows")),
      reader.completed.catch(blame(from, "read rows")),
      moveData(reader.stream, batches, writer.stream),
    ]);
    return written;
  });
  return { bytes, rows };
}

/**
 * Streams chunks made here into `copy … from stdin`. Else as `copyBetween`, with one connection; an
 * error that `chunks` throws comes out as it is.
 */
export async function copyInto(options: {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly to: Connection;
  readonly write: string;
  readonly signal?: AbortSignal;
}): Promise<{ rows: number }> {
  const { to, signal } = options;
  const rows = await orDestroy([to], signal, async () => {
    const writer = await startCopyIn(to, options.write).catch(blame(to, "write rows"));
    const [written] = await Promise.all([
      writer.completed.catch(blame(to, "write rows")),
      moveData(options.chunks, new CopyBatches(() => undefined), writer.stream),
    ]);
    return written;
  });
  return { rows };
}

/**
 * The data of `copy … to stdout`, in the server's chunks. Ends when the server has confirmed the
 * end. Throws as `copyBetween`; the connection is destroyed then, and also when the reading is
 * broken off.
 */
export async function* copyOut(options: {
  readonly from: Connection;
  readonly read: string;
  readonly signal?: AbortSignal;
}): AsyncIterable<Uint8Array> {
  const { from, signal } = options;
  const stop = destroyOnAbort([from], signal);
  let isComplete = false;
  try {
    const reader = await startCopyOut(from, options.read).catch(blame(from, "read rows"));
    reader.stream.once("end", () => from.resume());
    yield* reader.stream as AsyncIterable<Uint8Array>;
    await reader.completed;
    isComplete = true;
  } catch (error) {
    throw describeFailure(error, { doing: "read rows", target: from.target });
  } finally {
    stop();
    if (!isComplete) from.destroy();
  }
}

/**
 * A server's error breaks the pipe too, in the same turn of the event loop, and says less there: so
 * a broken pipe speaks one turn later, when it was not broken by a server.
 */
async function moveData(
  chunks: AsyncIterable<Uint8Array>,
  batches: CopyBatches,
  sink: Writable,
): Promise<void> {
  try {
    await pipeline(chunks, batches, sink);
  } catch (error) {
    await new Promise((resolve) => setImmediate(resolve));
    throw error;
  }
}

/**
 * Runs one COPY. On any failure, and on abort, it destroys the connections, so that no server stays
 * in COPY, and throws what happened first.
 */
async function orDestroy<T>(
  connections: readonly Connection[],
  signal: AbortSignal | undefined,
  body: () => Promise<T>,
): Promise<T> {
  const stop = destroyOnAbort(connections, signal);
  try {
    return await body();
  } catch (error) {
    for (const connection of connections) connection.destroy();
    throw error;
  } finally {
    stop();
  }
}

/** An aborted connection dies with the signal's reason, with which all that waits then rejects. */
export function destroyOnAbort(
  connections: readonly Connection[],
  signal: AbortSignal | undefined,
): () => void {
  if (signal === undefined) return () => undefined;
  const onAbort = () => {
    for (const connection of connections) connection.destroy(nameAbort(signal, connection));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return () => signal.removeEventListener("abort", onAbort);
}

function nameAbort(signal: AbortSignal, connection: Connection): PerigeeError {
  if (signal.reason instanceof PerigeeError) return signal.reason;
  return makeFailure("PG290", { doing: "go on copying", target: connection.target });
}

/** Makes a handler that throws what a side's server said as an error that names that side. */
function blame(side: Connection, doing: string): (error: unknown) => never {
  return (error) => {
    throw describeFailure(error, { doing, target: side.target });
  };
}
