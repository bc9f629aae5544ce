import { Buffer } from "node:buffer";
import { Transform, type TransformCallback } from "node:stream";

/**
 * Bytes that go out in one CopyData. The server sends one message per row, and passing each on by
 * itself takes 1.7 times as long; above 64 KB nothing more is won, and memory grows with it.
 */
export const batchBytes = 65_536;

/**
 * Joins small chunks to some of at least `batchBytes`, and hands `onBytes` the size of each and of
 * how many chunks it is made.
 */
export class CopyBatches extends Transform {
  readonly #onBytes: (bytes: number, chunks: number) => void;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(onBytes: (bytes: number, chunks: number) => void) {
    super({ readableHighWaterMark: 2 * batchBytes, writableHighWaterMark: batchBytes });
    this.#onBytes = onBytes;
  }

  override _transform(chunk: Uint8Array, _encoding: string, done: TransformCallback): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= batchBytes) this.#pass();
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#heldBytes > 0) this.#pass();
    done();
  }

  #pass(): void {
    this.#onBytes(this.#heldBytes, this.#held.length);
    this.push(Buffer.concat(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
  }
}
