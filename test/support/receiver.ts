import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Scope } from "./database.ts";

/** One request that arrived whole. */
export interface ReceivedRequest {
  readonly id: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
}

/** What the receiver does with a request. */
export type Reply =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  /** Takes the request and breaks the connection instead of answering. */
  | { readonly kind: "drop" }
  /** Takes the request and never answers. */
  | { readonly kind: "hold" }
  /** Answers the head at once and the body a byte at a time, without end. */
  | { readonly kind: "slow"; readonly status: number }
  /** Answers something that is not HTTP. */
  | { readonly kind: "garbage" }
  | { readonly kind: "huge"; readonly status: number; readonly bytes: number };

/** Decides what happens to each request; the default answers 204. */
export type Script = (request: ReceivedRequest, count: number) => Reply;

/** A webhook receiver on loopback that remembers what it got. */
export interface Receiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Replaces the script from the next request on. */
  follow(script: Script): void;
  /** Stops accepting connections and breaks those that are open; `listen` starts again. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
}

/** Answers each request with this status. */
export function always(status: number, headers: Record<string, string> = {}): Script {
  return () => ({ kind: "status", status, headers });
}

/**
 * Opens a receiver that closes at the end of the scope; with `tls` it speaks HTTPS. `host` is how its
 * URL names it.
 */
export async function openReceiver(
  scope: Scope,
  options: { script?: Script; tls?: https.ServerOptions; host?: string } = {},
): Promise<Receiver> {
  const host = options.host ?? "127.0.0.1";
  let script = options.script ?? always(204);
  const requests: ReceivedRequest[] = [];
  const sockets = new Map<Socket, number>();
  let connections = 0;
  const onRequest = (incoming: http.IncomingMessage, answer: http.ServerResponse) => {
    const chunks: Uint8Array[] = [];
    incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    incoming.on("end", () => {
      const request = {
        id: String(incoming.headers["webhook-id"] ?? ""),
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString("utf8"),
        connection: sockets.get(incoming.socket) ?? 0,
      };
      requests.push(request);
      reply(answer, script(request, requests.length));
    });
  };
  const server = options.tls === undefined
    ? http.createServer(onRequest)
    : https.createServer(options.tls, onRequest);
  server.keepAliveTimeout = 60_000;
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    sockets.set(socket, ++connections);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  let port = 0;
  const listen = () =>
    new Promise<void>((resolve) => {
      server.listen(port, host, () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  const refuse = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets.keys()) socket.destroy();
    });
  await listen();
  scope.after(() => server.listening ? refuse() : undefined);
  return {
    url: `${options.tls === undefined ? "http" : "https"}://${host}:${port}/hook`,
    requests,
    follow: (next) => void (script = next),
    refuse,
    listen,
  };
}

function reply(answer: http.ServerResponse, what: Reply): void {
  if (what.kind === "status") {
    answer.writeHead(what.status, what.headers ?? {});
    answer.end(what.status === 204 ? undefined : `status ${what.status}`);
  } else if (what.kind === "drop") {
    answer.socket?.destroy();
  } else if (what.kind === "garbage") {
    answer.socket?.end("this is not HTTP\r\n\r\n");
  } else if (what.kind === "huge") {
    answer.writeHead(what.status);
    answer.end(Buffer.alloc(what.bytes, "x"));
  } else if (what.kind === "slow") {
    answer.writeHead(what.status);
    answer.write("x");
    const timer = setInterval(() => answer.write("x"), 50);
    answer.on("close", () => clearInterval(timer));
  }
}
