import type { Buffer } from "node:buffer";
import type { buildConnector as ConnectorBuilder, Client as HttpClient } from "undici";
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

/** A request line's path, headers and body. */
export interface Posting {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
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
  exchange(posting: Posting): Promise<Exchange> {
    return new Promise((resolve) => {
      const text = new AnswerText();
      let status: number | undefined;
      let retryAfter: string | undefined;
      const end = (code: string) => {
        clearTimeout(limit);
        const isUnreachable = !this.#isOpen;
        const isStale = this.#answered > 0 && status === undefined && brokenCodes.has(code);
        if (status === undefined) {
          return resolve({ answer: { kind: "failed", code }, isStale, isUnreachable });
        }
        this.#answered += 1;
        // Once the status is known, a body that never ends or breaks off changes nothing.
        const answer = { kind: "answered", status, retryAfter, text: text.toString() } as const;
        resolve({ answer, isStale, isUnreachable });
      };
      const breakOff = (code: string) => {
        this.close();
        end(code);
      };
      const limit = setTimeout(() => breakOff("TIMEOUT"), this.#timeoutMs);
      this.#client.dispatch({ method: "POST", ...posting }, {
        onRequestStart: () => undefined,
        onResponseStart: (_, found, headers) => {
          // What comes before the answer itself, such as 103.
          if (found < 200) return;
          status = found;
          retryAfter = single(headers["retry-after"]);
        },
        onResponseData: (_, bytes: Buffer) => {
          if (!text.add(bytes)) breakOff("");
        },
        onResponseEnd: () => end(""),
        onResponseError: (_, error) => end(codeOf(error)),
      });
    });
  }

  /** Ends the connection, and the request under way with it. */
  close(): void {
    this.#isUsable = false;
    void this.#client.destroy();
  }
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
