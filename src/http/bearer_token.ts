import { createHash, timingSafeEqual } from "node:crypto";
import { refusal } from "./refusal.ts";

/** Throws PG901 when a request may not use what tokens protect. */
export type RequireToken = (request: Request) => void;

/** Host names under which a browser on the same machine reaches a loopback server. */
const loopbackHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The check of the `Authorization` header. Any of `tokens` opens; they are compared as digests, all
 * of them each time, so that the time taken tells nothing. Without tokens only a server bound to
 * loopback is open, and only under a loopback name, which a page that rebinds its own name to this
 * machine cannot send.
 */
export function createTokenCheck(tokens: readonly string[], boundTo: string): RequireToken {
  const digests = tokens.map(digestOf);
  return (request) => {
    if (digests.length === 0) return requireLoopback(request, boundTo);
    const header = request.headers.get("authorization") ?? "";
    const [scheme, token] = splitOnce(header);
    const given = digestOf(token);
    let isKnown = false;
    for (const digest of digests) isKnown = timingSafeEqual(digest, given) || isKnown;
    if (!isKnown || scheme.toLowerCase() !== "bearer") {
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

function splitOnce(header: string): [string, string] {
  const space = header.indexOf(" ");
  return space < 0 ? ["", ""] : [header.slice(0, space), header.slice(space + 1).trim()];
}
