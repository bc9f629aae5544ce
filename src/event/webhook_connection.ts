import type { Buffer } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { buildConnector as ConnectorBuilder, Client as HttpClient, Dispatcher } from "undici";
import { buildConnector, Client } from "./http_client.ts";
import { AnswerText } from "./answer_text.ts";
import type { Answer } from "./outcome.ts";

/** Where a connection goes. */
export interface ConnectionPlan {
  /** Scheme, host and port as the sink has them; they make `Host` and the name in TLS. */
  readonly origin: string;
  /** The very address that was checked. */
  readonly address: string;
  readonly tls: ConnectorBuilder.BuildOptions;
  readonly timeoutMs: number;
}

/** Names and values, or the list of both in turn: that costs half as much where requests are many. */
export type RequestHeaders = Readonly<Record<string, string>> | string[];

/** A request line's path, headers and body. */
export interface Posting {
  readonly path: string;
  readonly headers: RequestHeaders;
  readonly body: string;
}

/** How one request on a connection ended. */
export interface Exchange {
  readonly answer: Answer;
  /** The connection was open from before and broke without any answer: nobody may have been there. */
  readonly isStale: boolean;
  /** Not even the connection came about. */
  readonly isUnreachable: boolean;
}

/** An idle connection is closed after this many ms, or after what the receiver announced. */
const idleMs = 30_000;

/** The client's own codes, by what the system or this project calls the same. */
const codes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "ECONNRESET",
  UND_ERR_CONNECT_TIMEOUT: "TIMEOUT",
};

/** Connections that broke, as opposed to requests that were refused or made no sense. */
const brokenCodes = new Set(["ECONNRESET", "EPIPE"]);

/**
 * One connection with a receiver, HTTP/1.1 with one request at a time, that opens itself with the
 * first request. Nothing is sent before the connection stands and, with TLS, its certificate was
 * accepted.
 */
export class WebhookConnection {
  readonly address: string;
  readonly #client: HttpClient;
  readonly #timeoutMs: number;
  #isOpen = false;
  #isUsable = true;
  /** Requests that this very connection answered. */
  #answered = 0;

  constructor({ origin, address, tls, timeoutMs }: ConnectionPlan) {
    this.address = address;
    this.#timeoutMs = timeoutMs;
    const connect = buildConnector({ ...tls, timeout: timeoutMs, maxCachedSessions: 0 });
    this.#client = new Client(origin, {
      connect: (options, settle) => connect({ ...options, hostname: address }, settle),
      pipelining: 1,
      keepAliveTimeout: idleMs,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#client.on("connect", () => {
      this.#isOpen = true;
      this.#answered = 0;
    });
  }

  /** Whether it may be given another request, now that none is under way. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Posts once. Never rejects. */
  exchange({ path, headers, body }: Posting): Promise<Exchange> {
    return new Promise((resolve) => {
      const request = new RequestUnderWay(this, resolve);
      request.limit = setTimeout(breakOff, this.#timeoutMs, request, "TIMEOUT");
      this.#client.dispatch({ method: "POST", path, headers, body }, request);
    });
  }

  /** What it means that a request ended with a code, and with what of an answer there was. */
  judge(code: string, status: number | undefined, retryAfter: string | undefined, text: string) {
    const isUnreachable = !this.#isOpen;
    if (status === undefined) {
      const isStale = this.#answered > 0 && brokenCodes.has(code);
      return { answer: { kind: "failed", code }, isStale, isUnreachable } as const;
    }
    this.#answered += 1;
    // Once the status is known, a body that never ends or breaks off changes nothing.
    const answer = { kind: "answered", status, retryAfter, text } as const;
    return { answer, isStale: false, isUnreachable } as const;
  }

  /** Ends the connection, and the request under way with it. */
  close(): void {
    this.#isUsable = false;
    void this.#client.destroy();
  }
}

/**
 * One request as the client reports on it. A class, because functions that are made anew for each
 * request cost as much as signing it.
 */
class RequestUnderWay implements Dispatcher.DispatchHandler {
  readonly connection: WebhookConnection;
  limit: ReturnType<typeof setTimeout> | undefined;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #text = new AnswerText();
  #status: number | undefined;
  #retryAfter: string | undefined;

  constructor(connection: WebhookConnection, resolve: (exchange: Exchange) => void) {
    this.connection = connection;
    this.#resolve = resolve;
  }

  onRequestStart(): void {
    // The client takes a handler for one of this kind by this member.
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the answer itself, such as 103.
    if (status < 200) return;
    this.#status = status;
    this.#retryAfter = single(headers["retry-after"]);
  }

  onResponseData(_: unknown, bytes: Buffer): void {
    if (!this.#text.add(bytes)) breakOff(this, "");
  }

  onResponseEnd(): void {
    this.end("");
  }

  onResponseError(_: unknown, error: Error): void {
    this.end(codeOf(error));
  }

  /** Only the first end counts. */
  end(code: string): void {
    clearTimeout(this.limit);
    const text = this.#text.toString();
    this.#resolve(this.connection.judge(code, this.#status, this.#retryAfter, text));
  }
}

function breakOff(request: RequestUnderWay, code: string): void {
  request.connection.close();
  request.end(code);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || code === "") {
    return error instanceof Error ? error.name : "UNKNOWN";
  }
  return code.startsWith("HPE_") ? "NOT_HTTP" : codes[code] ?? code;
}
