import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { refusal } from "./refusal.ts";

/** Throws PG901 when a request may not use what tokens protect. */
export type RequireToken = (request: Request) => void;

/** What a token check takes besides a bearer token. */
export interface TokenCheckOptions {
  readonly acceptsBasic?: boolean;
}

/** Host names under which a browser on the same machine reaches a loopback server. */
const loopbackHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The check of the `Authorization` header. Any of `tokens` opens; they are compared as digests, all
 * of them each time, so that the time taken tells nothing. Without tokens only a server bound to
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
  const digests = tokens.map(digestOf);
  return (request) => {
    if (digests.length === 0) return requireLoopback(request, boundTo);
    const header = request.headers.get("authorization") ?? "";
    const [scheme, rest] = splitOnce(header);
    const isBasic = acceptsBasic && scheme.toLowerCase() === "basic";
    const given = digestOf(isBasic ? passwordOf(rest) : rest);
    let isKnown = false;
    for (const digest of digests) isKnown = timingSafeEqual(digest, given) || isKnown;
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

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
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
