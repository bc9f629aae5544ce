const encoder = new TextEncoder();

/** Most that UTF-8 takes for one UTF-16 unit, and JSON for one byte of it. */
const maxBytesPerUnit = 3;
const maxBytesPerByte = 6;

const firstCapacity = 65_536;
/** Room that is kept from one `take` to the next: a batch of newsletters fits. */
const keptCapacity = 1_048_576;

/** Bytes that are escaped between two looks at the room that is left. */
const blockSize = 4_096;

/** `\n` and the other short escapes of RFC 8259, by byte; 0 where there is none. */
const shortEscapes = new Uint8Array(128);
for (const [byte, letter] of [[8, 98], [9, 116], [10, 110], [12, 102], [13, 114]] as const) {
  shortEscapes[byte] = letter;
}
shortEscapes[34] = 34;
shortEscapes[92] = 92;

const hexDigits = encoder.encode("0123456789abcdef");

/**
 * Builds JSON as UTF-8 bytes. Long texts go from the string to the bytes at once, without the
 * escaped string in between that JSON.stringify makes: for messages of 10 kB that was half of all
 * the work. Half a surrogate pair becomes U+FFFD. Not for use by two producers at once.
 */
export class JsonBytes {
  #bytes = new Uint8Array(firstCapacity);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #unescaped = new Uint8Array(0);
  #unescapedView = new DataView(this.#unescaped.buffer);

  /** Appends text that is JSON already, or part of it. */
  raw(json: string): void {
    this.#reserve(json.length * maxBytesPerUnit);
    this.#length += encoder.encodeInto(json, this.#bytes.subarray(this.#length)).written;
  }

  /** Appends a JSON string. */
  text(value: string): void {
    if (this.#unescaped.byteLength < value.length * maxBytesPerUnit) {
      this.#unescaped = new Uint8Array(value.length * maxBytesPerUnit);
      this.#unescapedView = new DataView(this.#unescaped.buffer);
    }
    const { written } = encoder.encodeInto(value, this.#unescaped);
    this.#reserve(1);
    this.#bytes[this.#length++] = 34;
    for (let at = 0; at < written; at += blockSize) {
      this.#escape(at, Math.min(written, at + blockSize));
    }
    this.#reserve(1);
    this.#bytes[this.#length++] = 34;
  }

  /** What was appended since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.clear();
    return taken;
  }

  /** Forgets what was appended since the last `take`, and room that only a huge text needed. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.byteLength > keptCapacity) this.#replace(new Uint8Array(firstCapacity));
    if (this.#unescaped.byteLength > keptCapacity) this.#unescaped = new Uint8Array(0);
  }

  /** Four bytes at a time as long as none of them needs an escape. */
  #escape(start: number, count: number): void {
    this.#reserve((count - start) * maxBytesPerByte);
    const [from, to] = [this.#unescapedView, this.#view];
    let [at, end] = [start, this.#length];
    while (at < count) {
      while (at + 4 <= count) {
        const four = from.getInt32(at, true);
        if (mayNeedEscape(four)) break;
        to.setInt32(end, four, true);
        at += 4;
        end += 4;
      }
      for (const stop = Math.min(count, at + 4); at < stop; at++) {
        end = this.#escapeByte(this.#unescaped[at]!, end);
      }
    }
    this.#length = end;
  }

  #escapeByte(byte: number, at: number): number {
    const bytes = this.#bytes;
    if (byte >= 32 && byte !== 34 && byte !== 92) {
      bytes[at] = byte;
      return at + 1;
    }
    bytes[at] = 92;
    const letter = shortEscapes[byte]!;
    if (letter !== 0) {
      bytes[at + 1] = letter;
      return at + 2;
    }
    bytes[at + 1] = 117;
    bytes[at + 2] = bytes[at + 3] = 48;
    bytes[at + 4] = hexDigits[byte >> 4]!;
    bytes[at + 5] = hexDigits[byte & 15]!;
    return at + 6;
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.byteLength * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/**
 * Whether one of four bytes is a quote, a backslash or below 32. Says yes for some that are not,
 * where a lower byte borrows; never no for one that is.
 */
function mayNeedEscape(four: number): boolean {
  const quote = four ^ 0x22222222;
  const backslash = four ^ 0x5c5c5c5c;
  const found = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) |
    ((four - 0x20202020) & ~four);
  return (found & 0x80808080) !== 0;
}
