import { PerigeeError } from "../error.ts";
import { type CopiedPart, copyInParts } from "../postgres/copy_parts.ts";
import { copyBetween } from "../postgres/copy_stream.ts";
import type { TableRun } from "./table_run.ts";

/** A `copy (…) to stdout` of the hub and the `copy … from stdin` of the customer's, both binary. */
export interface Move {
  readonly read: string;
  readonly write: string;
}

/** What was moved. */
export interface Moved {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * A COPY that does not move for this long is broken off, ms: the link is half-open or the server
 * hangs. Half would break off at the checkpoint of a slow disk; twice would leave locks for longer.
 */
const stallLimitMs = 120_000;
/** Until the first bytes, ms: the hub may have to sort a large dataset before. */
const startLimitMs = 900_000;

/**
 * Rows of a part: below, its statements weigh more than what is won by starting early. Bytes that
 * are read ahead: beyond, the daemon's memory grows for nothing, because either server is slower.
 */
const part = { leastRows: 1_000, mostBytes: 4_194_304 };

/** Moves rows, tells how far it is and gives up (PG516) when nothing moves. */
export function moveRows(run: TableRun, move: Move): Promise<Moved> {
  return whileMoving(run, (signal, moved) =>
    copyBetween({
      ...move,
      from: run.hub,
      to: run.target,
      signal,
      onBytes: (_, rows) => {
        moved();
        run.progress.advance(rows);
      },
    }));
}

/** As `moveRows`, with something to be done for each part while the hub reads on. */
export function moveInParts(
  run: TableRun,
  move: Move,
  apply: (part: CopiedPart) => Promise<unknown>,
): Promise<Moved> {
  return whileMoving(run, (signal, moved) => {
    let isApplying = false;
    return copyInParts({
      ...move,
      ...part,
      from: run.hub,
      to: run.target,
      signal,
      onBytes: (_, rows) => {
        // Its own limits hold for what is being applied, and the hub may have to wait for it.
        if (!isApplying) moved();
        run.progress.advance(rows);
      },
      apply: async (copied) => {
        isApplying = true;
        moved("for now");
        await apply(copied);
        isApplying = false;
        moved();
      },
    });
  });
}

/** Runs a copy that says when something moved; `for now`: what comes next may take any time. */
async function whileMoving(
  run: TableRun,
  copy: (signal: AbortSignal, moved: (howFar?: "for now") => void) => Promise<Moved>,
): Promise<Moved> {
  const stalled = new AbortController();
  const giveUp = () => stalled.abort(stallError(run));
  let timer: NodeJS.Timeout | undefined = setTimeout(giveUp, startLimitMs);
  try {
    return await copy(AbortSignal.any([run.signal, stalled.signal]), (howFar) => {
      clearTimeout(timer);
      timer = howFar === undefined ? setTimeout(giveUp, stallLimitMs) : undefined;
    });
  } finally {
    clearTimeout(timer);
  }
}

function stallError(run: TableRun): PerigeeError {
  return new PerigeeError(
    `Could not copy rows of ${run.fitted.table.dataset.name} to ${run.target.target.name}: nothing moved for too long`,
    { kind: "connection", code: "PG516", advice: "Check the link; it is tried again by itself." },
  );
}
