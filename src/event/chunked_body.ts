import type { Buffer } from "node:buffer";

/** Longest line of a chunk's size or a trailer, and most of them in trailers, in bytes. */
const longestLine = 4_096;

/**
 * Reads a body in chunks (RFC 9112, 7.1) as it arrives in pieces of any size: hands on what is in the
 * chunks and says where the body ends.
 */
export class ChunkedBody {
  #place: "size" | "data" | "data end" | "trailer" = "size";
  #left = 0;
  #line = "";

  /**
   * Takes the next bytes. Answers how many belong to the body when it ends among them, -1 when it
   * goes on and -2 when it is not a body in chunks.
   */
  read(bytes: Buffer, take: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === "data") {
        const data = bytes.subarray(at, at + this.#left);
        take(data);
        at += data.length;
        this.#left -= data.length;
        if (this.#left === 0) this.#place = "data end";
        continue;
      }
      const end = bytes.indexOf(10, at);
      this.#line += bytes.toString("latin1", at, end < 0 ? bytes.length : end);
      if (this.#line.length > longestLine) return -2;
      if (end < 0) return -1;
      at = end + 1;
      const line = this.#line.replace(/\r$/, "");
      this.#line = "";
      if (this.#place === "trailer" && line === "") return at;
      if (!this.#follow(line)) return -2;
    }
    return -1;
  }

  /** Goes to the place after a line; false when the line cannot stand there. */
  #follow(line: string): boolean {
    if (this.#place === "trailer") return true;
    if (this.#place === "data end") {
      this.#place = "size";
      return line === "";
    }
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) return false;
    this.#left = Number.parseInt(size, 16);
    this.#place = this.#left === 0 ? "trailer" : "data";
    return true;
  }
}
