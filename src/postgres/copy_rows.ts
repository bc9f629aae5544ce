import { Buffer } from "node:buffer";

/**
 * What stands before the rows of a binary COPY and after them.
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS, "Binary Format"
 */
export const binaryCopy = {
  /** Signature, no flags, no extension. */
  header: Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1"),
  /** A row of minus one columns. */
  trailer: Buffer.from([0xff, 0xff]),
} as const;

/** Whole rows of a binary COPY, one behind the other. */
export interface CopyRows {
  readonly data: Buffer;
  readonly rows: number;
}

/**
 * Cuts the data of a binary COPY behind its last whole row, chunk by chunk; header and trailer are
 * left out. Values are passed over by their lengths, and read by nobody.
 */
export class CopyRowCutter {
  #rest: Buffer = Buffer.alloc(0);
  #isBegun = false;

  /** The rows that this chunk completes. Throws when the data is no binary COPY. */
  cut(chunk: Uint8Array): CopyRows {
    let data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#rest.length > 0) data = Buffer.concat([this.#rest, data]);
    let start = 0;
    if (!this.#isBegun) {
      const { header } = binaryCopy;
      if (data.length < header.length) return this.#keep(data, 0, 0, 0);
      if (!data.subarray(0, header.length).equals(header)) {
        throw new Error("the data is no binary COPY without flags and extension");
      }
      this.#isBegun = true;
      start = header.length;
    }
    let end = start;
    let rows = 0;
    for (let next = endOfRow(data, end); next !== undefined; next = endOfRow(data, end)) {
      end = next;
      rows += 1;
    }
    return this.#keep(data, start, end, rows);
  }

  #keep(data: Buffer, start: number, end: number, rows: number): CopyRows {
    this.#rest = data.subarray(end);
    return { data: data.subarray(start, end), rows };
  }
}

/** Where the row at `start` ends; undefined when it is not all there, or the trailer. */
function endOfRow(data: Buffer, start: number): number | undefined {
  if (start + 2 > data.length) return undefined;
  const columns = data.readInt16BE(start);
  if (columns < 0) return undefined;
  let at = start + 2;
  for (let column = 0; column < columns; column += 1) {
    if (at + 4 > data.length) return undefined;
    // Null has the length minus one.
    at += 4 + Math.max(0, data.readInt32BE(at));
  }
  return at <= data.length ? at : undefined;
}
