import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

import { PerigeeError } from "./error.ts";

/** The few things that only Deno has; the types of Deno are not at hand on Node. */
interface DenoGlobal {
  readonly version: { readonly deno: string };
  serve(
    options: { hostname: string; port: number; signal: AbortSignal; onListen(): void },
    handler: (request: Request, info: DenoRequestInfo) => Response | Promise<Response>,
  ): DenoServer;
}

interface DenoRequestInfo {
  readonly remoteAddr: { readonly hostname?: string };
  /** Settles when the response was sent, or cannot be any more. */
  readonly completed: Promise<void>;
}

interface DenoServer {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
}

const deno = (globalThis as { Deno?: DenoGlobal }).Deno;

/** Whether this process is Deno, and not Node. The one place that may ask. */
export const isDeno = deno !== undefined;

/** The runtime's name and version for logs, such as `Deno 2.9.6` or `Node 20.19.0`. */
export function runtimeName(): string {
  return deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno.version.deno}`;
}

/** What to serve, and where. */
export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Most that a client may take to send its headers, ms; on Deno the runtime's own limit holds. */
  readonly headersTimeoutMs: number;
  /** Must not reject. */
  fetch(
    request: Request,
    peer: { readonly remoteAddress: string | undefined },
  ): Response | Promise<Response>;
}

/** An HTTP server that listens. */
export interface HttpServer {
  readonly port: number;
  readonly url: string;
  /**
   * Takes no new requests and lets those that run finish, streams included. After `limitMs` it
   * breaks what is left and answers how many requests that were.
   */
  stop(limitMs: number): Promise<number>;
}

/** Listens for HTTP/1.1 without TLS. Throws PG912 when the address cannot be had. */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  try {
    return deno === undefined ? await serveOnNode(options) : serveOnDeno(deno, options);
  } catch (error) {
    const place = `${options.host}:${options.port}`;
    throw new PerigeeError(`cannot listen on ${place}: ${nameOf(error)}`, {
      kind: "resource",
      code: "PG912",
      advice: "Stop what listens there, or set another `server.host` and `server.port`.",
      cause: error,
    });
  }
}

function serveOnDeno(runtime: DenoGlobal, options: ServeOptions): HttpServer {
  // Deno's own `shutdown` cannot be broken off any more once it has begun, so this waits itself:
  // from `stop` on, requests are turned away and their connections closed.
  const breaking = new AbortController();
  const running = new Set<Promise<void>>();
  let isStopping = false;
  const server = runtime.serve(
    { hostname: options.host, port: options.port, signal: breaking.signal, onListen: () => {} },
    (request, info) => {
      if (isStopping) {
        return new Response(null, {
          status: 503,
          headers: { "retry-after": "5", connection: "close" },
        });
      }
      const completed = info.completed.catch(() => undefined); // the client may have gone
      running.add(completed);
      void completed.then(() => running.delete(completed));
      return options.fetch(request, { remoteAddress: info.remoteAddr.hostname });
    },
  );
  return describeServer(options.host, server.addr.port, async (limitMs) => {
    isStopping = true;
    const finished = Promise.all(running).then(() => undefined);
    const unfinished = await finishWithin(limitMs, finished, () => running.size);
    breaking.abort();
    await server.finished;
    return unfinished;
  });
}

async function serveOnNode(options: ServeOptions): Promise<HttpServer> {
  const { createAdaptorServer } = await import("@hono/node-server");
  let running = 0;
  const server = createAdaptorServer({
    fetch(request, env) {
      const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: ServerResponse };
      running++;
      outgoing.once("close", () => running--);
      return options.fetch(request, { remoteAddress: incoming.socket.remoteAddress });
    },
    serverOptions: { headersTimeout: options.headersTimeoutMs },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return describeServer(options.host, port, async (limitMs) => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection that was busy when the server closed becomes idle with its response, and stays
    // open for the client's next request.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const unfinished = await finishWithin(limitMs, closed, () => running);
    clearInterval(sweep);
    server.closeAllConnections();
    return unfinished;
  });
}

function describeServer(host: string, port: number, stop: HttpServer["stop"]): HttpServer {
  const shown = host.includes(":") ? `[${host}]` : host;
  return { port, url: `http://${shown}:${port}`, stop };
}

async function finishWithin(
  limitMs: number,
  finished: Promise<void>,
  countRunning: () => number,
): Promise<number> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<number>((resolve) => {
    timer = setTimeout(() => resolve(countRunning()), limitMs);
  });
  const unfinished = await Promise.race([finished.then(() => 0), limit]);
  clearTimeout(timer);
  return unfinished;
}

function nameOf(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  return code ?? name ?? "it failed";
}
