import type { Buffer } from "node:buffer";

import { binaryCopy, CopyRowCutter } from "./copy_rows.ts";
import { type CopyBetween, copyInto, copyOut, destroyOnAbort } from "./copy_stream.ts";

/** What to copy in parts, both statements `with (format binary)`. */
export interface CopyInParts extends Omit<CopyBetween, "beforeWrite" | "signal"> {
  readonly signal: AbortSignal;
  /** Fewer rows than this are written only when no more come. */
  readonly leastRows: number;
  /** Rows are read ahead of the writer until they take so many bytes. */
  readonly mostBytes: number;
  /** Does something with the rows of a part, which the writer's server has; then comes the next. */
  readonly apply: (part: CopiedPart) => Promise<unknown>;
}

/** A part that was written. */
export interface CopiedPart {
  readonly rows: number;
  /** Nothing is left to be read. */
  readonly isLast: boolean;
}

/**
 * Copies the rows of one statement by several, with something to be done for each. Meanwhile the
 * reader goes on, so that both servers are at work all the time: a part is what was read while the
 * one before was written and applied. At most two parts are in memory.
 *
 * Rejects as `copyBetween`, or with what `apply` threw. The reader is destroyed then unless it had
 * ended; the writer only when it was in COPY, or on abort.
 */
export async function copyInParts(options: CopyInParts): Promise<{ bytes: number; rows: number }> {
  const { from, to, write, signal, apply } = options;
  const held = new HeldRows(options.leastRows, options.mostBytes);
  const stop = destroyOnAbort([to], signal);
  const reading = readAhead(options, held);
  const sums = { bytes: 0, rows: 0 };
  try {
    for (let isLast = false; !isLast;) {
      const part = await held.take();
      ({ isLast } = part);
      if (part.rows === 0) continue;
      await copyInto({ chunks: framed(part.chunks), to, write, signal });
      held.wasWritten();
      await apply({ rows: part.rows, isLast });
      sums.bytes += part.bytes;
      sums.rows += part.rows;
    }
    return sums;
  } catch (error) {
    // Its session stays in COPY, and is of no use to anybody.
    if (!held.isEnded) from.destroy();
    throw error;
  } finally {
    held.close();
    await reading;
    stop();
  }
}

/** Fills `held` until there is nothing more to be read or nobody who takes it. Never rejects. */
async function readAhead({ from, read, signal, onBytes }: CopyInParts, held: HeldRows) {
  const cutter = new CopyRowCutter();
  try {
    for await (const chunk of copyOut({ from, read, signal })) {
      const { data, rows } = cutter.cut(chunk);
      held.add(data, rows);
      onBytes?.(data.length, rows);
      if (!await held.hasRoom()) return;
    }
    held.end();
  } catch (error) {
    held.fail(error);
  }
}

async function* framed(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield binaryCopy.header;
  yield* chunks;
  yield binaryCopy.trailer;
}

interface HeldPart {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  readonly rows: number;
  readonly isLast: boolean;
}

/** Rows between the one who reads and the one who writes; each waits for the other here. */
class HeldRows {
  readonly #leastRows: number;
  readonly #mostBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #rows = 0;
  #isEnded = false;
  #isClosed = false;
  #isWriting = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  constructor(leastRows: number, mostBytes: number) {
    this.#leastRows = leastRows;
    this.#mostBytes = mostBytes;
  }

  /** Everything was read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  add(data: Buffer, rows: number): void {
    if (rows === 0) return;
    this.#chunks.push(data);
    this.#bytes += data.length;
    this.#rows += rows;
    this.#tell();
  }

  /**
   * What was taken has been written. Until then no more is added: this process has two hands, and
   * the writer's server is the one that does nothing meanwhile.
   */
  wasWritten(): void {
    this.#isWriting = false;
    this.#tell();
  }

  /** Resolves when more may be added: with false when nobody takes it any more. */
  async hasRoom(): Promise<boolean> {
    await this.#until(() => this.#isClosed || (!this.#isWriting && this.#bytes < this.#mostBytes));
    return !this.#isClosed;
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#tell();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#tell();
  }

  /** Nothing more is taken. */
  close(): void {
    this.#isClosed = true;
    this.#tell();
  }

  /** What is held, as soon as it is enough for a part. Rejects with what the reader failed with. */
  async take(): Promise<HeldPart> {
    await this.#until(() =>
      this.#failure !== undefined || this.#isEnded || this.#rows >= this.#leastRows ||
      this.#bytes >= this.#mostBytes
    );
    if (this.#failure !== undefined) throw this.#failure.error;
    const part = {
      chunks: this.#chunks,
      bytes: this.#bytes,
      rows: this.#rows,
      isLast: this.#isEnded,
    };
    this.#chunks = [];
    this.#bytes = 0;
    this.#rows = 0;
    this.#isWriting = true;
    return part;
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
