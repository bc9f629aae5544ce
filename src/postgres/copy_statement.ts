import type { Readable, Writable } from "node:stream";

import type { Connection } from "./connection.ts";
import type { NativeQuery } from "./guarded_sql.ts";

/**
 * A COPY that the server has begun: its stream of data, and the server's last word on it. The driver
 * alone gives the stream and forgets the rest: an error that arrives after the last data is lost,
 * and the next statement on the session then makes the failed COPY look successful. So the query is
 * watched from before it is sent until the server is ready for another.
 */
export interface CopyStatement<S extends Readable | Writable> {
  readonly stream: S;
  /** The number of rows once the server has finished; rejects with its error or the link's. */
  readonly completed: Promise<number>;
}

/** Begins `copy … to stdout`. Rejects with the server's error when it refuses the statement. */
export function startCopyOut(
  connection: Connection,
  statement: string,
): Promise<CopyStatement<Readable>> {
  return startCopy<Readable>(connection, statement);
}

/** Begins `copy … from stdin`. Rejects with the server's error when it refuses the statement. */
export function startCopyIn(
  connection: Connection,
  statement: string,
): Promise<CopyStatement<Writable>> {
  return startCopy<Writable>(connection, statement);
}

async function startCopy<S extends Readable | Writable>(
  connection: Connection,
  statement: string,
): Promise<CopyStatement<S>> {
  const query = connection.sql.unsafe(statement);
  const watched = watchSettling<S>(query as unknown as NativeQuery);
  query.catch(() => undefined); // Sends it. What it rejects with, `started` and `completed` tell.
  const stream = await watched.started;
  return { stream, completed: watched.completed };
}

interface Watched<S> {
  readonly started: Promise<S>;
  readonly completed: Promise<number>;
}

/**
 * The driver settles a COPY's query twice: with the stream when it begins, and with the result (or
 * an error) when the server is ready again. A promise sees the first alone, so both are taken from
 * the query's own functions, which the driver calls each time (pinned version; the suite has a case
 * for every way in which a COPY can end).
 */
function watchSettling<S extends Readable | Writable>(query: NativeQuery): Watched<S> {
  let begin: (stream: S) => void = () => undefined;
  let complete: (rows: number) => void = () => undefined;
  let refuse: (error: unknown) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const started = new Promise<S>((resolve, reject) => (begin = resolve, refuse = reject));
  const completed = new Promise<number>((resolve, reject) => (complete = resolve, fail = reject));
  completed.catch(() => undefined); // Whoever awaits it hears of it; nobody else has to.
  const { resolve, reject } = query;
  query.reject = (error) => {
    refuse(error);
    fail(error);
    reject(error);
  };
  query.resolve = (value) => {
    if (isStream(value)) {
      // An error in the same packet is emitted before anybody else could listen. It comes by
      // `reject` as well; an error that somebody here destroys the stream with does not.
      value.on("error", () => undefined);
      begin(value as unknown as S);
    } else {
      complete((value as { count?: number | null }).count ?? 0);
    }
    resolve(value);
  };
  return { started, completed };
}

function isStream(value: unknown): value is Readable | Writable {
  return typeof (value as { pipe?: unknown }).pipe === "function";
}
