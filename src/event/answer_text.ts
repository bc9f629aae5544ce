import { Buffer } from "node:buffer";

/** Characters of an answer that a dead letter keeps. */
const keptCharacters = 300;

/**
 * Bytes of an answer that are read so that its connection can serve again; of a longer one the
 * connection is closed, which costs less than reading it.
 */
const drainedBytes = 65_536;

/** The beginning of an answer's body, as it comes in. */
export class AnswerText {
  readonly #kept: Buffer[] = [];
  #bytes = 0;

  /** Takes the next bytes; false when the answer is longer than its connection is worth. */
  add(bytes: Buffer): boolean {
    if (this.#bytes < keptCharacters * 4) this.#kept.push(Buffer.from(bytes));
    this.#bytes += bytes.byteLength;
    return this.#bytes <= drainedBytes;
  }

  /** Without what Postgres cannot store: NUL, and half of a character that the cut went through. */
  toString(): string {
    if (this.#kept.length === 0) return "";
    const text = Buffer.concat(this.#kept).toString("utf8").slice(0, keptCharacters);
    return text.replace(/\0|[\ud800-\udbff]$/g, "");
  }
}
