import { Buffer } from "node:buffer";
import { Transform, type TransformCallback } from "node:stream";

/**
 * Bytes that go out in one CopyData. The server sends one message per row, and passing each on by
 * itself takes 1.7 times as long; above 64 KB nothing more is won, and memory grows with it.
 */
export const batchBytes = 65_536;

/**
 * Joins small chunks to some of at least `batchBytes`, and hands `onBytes` the size of each and of
 * how many chunks it is made. A chunk that is longer by itself is cut, without a copy: a row of
 * hundreds of MB would be copied as a whole at each step from here to the socket.
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
    if (chunk.length > batchBytes) {
      this.#passInPieces(chunk);
      return done();
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= batchBytes) this.#pass();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#pass();
    done();
  }

  #passInPieces(chunk: Uint8Array): void {
    this.#pass();
    this.#onBytes(chunk.length, 1);
    for (let at = 0; at < chunk.length; at += batchBytes) {
      this.push(chunk.subarray(at, at + batchBytes));
    }
  }

  #pass(): void {
    if (this.#heldBytes === 0) return;
    this.#onBytes(this.#heldBytes, this.#held.length);
    this.push(Buffer.concat(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
  }
}
