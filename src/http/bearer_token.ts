import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { refusal } from "./refusal.ts";

/** Throws PG901 when a request may not use what tokens protect. */
export type RequireToken = (request: Request) => void;

/** What a token check takes besides a bearer token. */
export interface TokenCheckOptions {
  readonly acceptsBasic?: boolean;
}

const encoder = new TextEncoder();

/** Host names under which a browser on the same machine reaches a loopback server. */
const loopbackHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The check of the `Authorization` header. Any of `tokens` opens; all of them are compared each time,
 * in fields of one length, so that the time taken tells nothing. Without tokens only a server bound to
 * loopback is open, and only under a loopback name, which a page that rebinds its own name to this
 * machine cannot send. With `acceptsBasic` a token may also come as the password of HTTP Basic. A
 * browser sends that again by itself, also for a foreign page, so it is only for what changes
 * nothing.
 */
export function createTokenCheck(
  tokens: readonly string[],
  boundTo: string,
  { acceptsBasic = false }: TokenCheckOptions = {},
): RequireToken {
  const known = tokens.map((token) => encoder.encode(token));
  const size = Math.max(...known.map(({ byteLength }) => byteLength), 0);
  const fields = known.map((token) => fieldOf(token, size));
  return (request) => {
    if (fields.length === 0) return requireLoopback(request, boundTo);
    const header = request.headers.get("authorization") ?? "";
    const [scheme, rest] = splitOnce(header);
    const isBasic = acceptsBasic && scheme.toLowerCase() === "basic";
    const given = fieldOf(encoder.encode(isBasic ? passwordOf(rest) : rest), size);
    let isKnown = false;
    for (const field of fields) isKnown = timingSafeEqual(field, given) || isKnown;
    if (!isKnown || !(isBasic || scheme.toLowerCase() === "bearer")) {
      throw refusal("PG901", "the request has no valid bearer token");
    }
  };
}

/** Whether a server bound to this address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function requireLoopback(request: Request, boundTo: string): void {
  const { hostname } = new URL(request.url);
  if (isLoopback(boundTo) && loopbackHosts.has(hostname)) return;
  throw refusal("PG901", "the server has no token configured and answers on loopback alone");
}

/** A token in a field of `size` bytes, with its length behind it; what does not fit is cut. */
function fieldOf(token: Uint8Array, size: number): Uint8Array {
  const field = new Uint8Array(size + 4);
  field.set(token.subarray(0, size));
  new DataView(field.buffer).setUint32(size, token.byteLength);
  return field;
}

/** The password of Basic credentials (RFC 7617): what follows the first colon. */
function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}

function splitOnce(header: string): [string, string] {
  const space = header.indexOf(" ");
  return space < 0 ? ["", ""] : [header.slice(0, space), header.slice(space + 1).trim()];
}
