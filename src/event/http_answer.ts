import { Buffer } from "node:buffer";
import { ChunkedBody } from "./chunked_body.ts";

/** Characters of an answer that a dead letter keeps. */
const keptCharacters = 300;

/**
 * Bytes of an answer that are read so that its connection can serve again; of a longer one the
 * connection is closed, which costs less than reading it.
 */
const drainedBytes = 65_536;

/** Most bytes of an answer's status line and headers. */
const mostHeadBytes = 65_536;

/** `more` is to come; `whole`; `broken`: it is not HTTP, or it ended before its status was known. */
export type Progress = "more" | "whole" | "broken";

/** What an answer's head says. */
interface Head {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** How the body ends: after so many bytes, in chunks, or with the connection. */
  readonly length: number | "chunked" | "closed";
  readonly keepsAlive: boolean;
}

/**
 * Reads one answer of an HTTP/1.1 server (RFC 9112) from the bytes of its connection, in pieces of
 * any size: the status, `Retry-After` and the body's beginning. Once the status is known a body that
 * breaks off changes nothing but that the connection cannot be used again.
 */
export class HttpAnswer {
  #head: Head | undefined;
  #pending: Buffer = Buffer.alloc(0);
  #chunks: ChunkedBody | undefined;
  #left = 0;
  #bytes = 0;
  readonly #kept: Buffer[] = [];
  #isReusable = false;

  /** Whether anything came. */
  get isBegun(): boolean {
    return this.#head !== undefined || this.#pending.length > 0;
  }

  /** The status once it is known. */
  get status(): number | undefined {
    return this.#head?.status;
  }

  get retryAfter(): string | undefined {
    return this.#head?.retryAfter;
  }

  /** The beginning of the body, without what Postgres cannot store: NUL, and half of a character. */
  get text(): string {
    if (this.#kept.length === 0) return "";
    const text = Buffer.concat(this.#kept).toString("utf8").slice(0, keptCharacters);
    return text.replace(/\0|[\ud800-\udbff]$/g, "");
  }

  /** Whether the connection may carry another request, once the answer is whole. */
  get isReusable(): boolean {
    return this.#isReusable;
  }

  /** Takes what came on the connection. */
  read(bytes: Buffer): Progress {
    if (this.#head !== undefined) return this.#readBody(bytes);
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const end = this.#pending.indexOf("\r\n\r\n");
      if (end < 0) return this.#pending.length > mostHeadBytes ? "broken" : "more";
      const head = parseHead(this.#pending.toString("latin1", 0, end));
      if (head === undefined) return "broken";
      this.#pending = this.#pending.subarray(end + 4);
      // Interim answers come before the one that counts (RFC 9110, 15.2).
      if (head.status >= 100 && head.status < 200 && head.status !== 101) continue;
      this.#head = head;
      if (head.length === "chunked") this.#chunks = new ChunkedBody();
      else if (head.length !== "closed") this.#left = head.length;
      return this.#readBody(this.#pending);
    }
  }

  /** The connection ended. */
  end(): Progress {
    return this.#head === undefined ? "broken" : "whole";
  }

  #readBody(bytes: Buffer): Progress {
    const head = this.#head as Head;
    if (this.#chunks !== undefined) {
      const used = this.#chunks.read(bytes, (data) => this.#keep(data));
      if (used === -2) return "whole";
      if (used >= 0) return this.#finish(used === bytes.length);
    } else if (head.length === "closed") {
      this.#keep(bytes);
    } else {
      this.#keep(bytes.subarray(0, this.#left));
      if (bytes.length >= this.#left) return this.#finish(bytes.length === this.#left);
      this.#left -= bytes.length;
    }
    return this.#bytes > drainedBytes ? "whole" : "more";
  }

  /** Bytes behind the answer belong to none that was asked for. */
  #finish(isExact: boolean): Progress {
    this.#isReusable = isExact && (this.#head?.keepsAlive ?? false);
    return "whole";
  }

  #keep(data: Buffer): void {
    if (this.#bytes < keptCharacters * 4) this.#kept.push(data.subarray(0, keptCharacters * 4));
    this.#bytes += data.length;
  }
}

/** Reads status line and headers; undefined when they are not those of an answer. Pure. */
function parseHead(text: string): Head | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(first);
  if (match === null) return undefined;
  const status = Number(match[2]);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  const keepsAlive = match[1] === "1" ? !connection.includes("close") : connection === "keep-alive";
  const length = bodyLength(status, headers);
  if (length === undefined) return undefined;
  return { status, retryAfter: headers.get("retry-after"), length, keepsAlive };
}

/** How the body of an answer to a POST ends (RFC 9112, 6.3); undefined when nobody can know. */
function bodyLength(
  status: number,
  headers: ReadonlyMap<string, string>,
): Head["length"] | undefined {
  if (status === 204 || status === 304) return 0;
  if (status === 101) return "closed";
  const encoding = headers.get("transfer-encoding")?.toLowerCase();
  if (encoding !== undefined) return /(^|,)\s*chunked$/.test(encoding) ? "chunked" : "closed";
  const given = headers.get("content-length");
  if (given === undefined) return "closed";
  const [length = "", ...more] = new Set(given.split(",").map((each) => each.trim()));
  return more.length === 0 && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}
