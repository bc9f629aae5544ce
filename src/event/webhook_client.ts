import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { Answer } from "./outcome.ts";
import { type AddressResolver, makeResolver } from "./resolve_address.ts";

/** How one receiver is reached. */
export interface WebhookTarget {
  readonly url: string;
  readonly allowsPrivate: boolean;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly tls: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
  };
}

/** A body to POST, with all headers that belong to it. */
export interface WebhookRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Characters of an answer that a dead letter keeps. */
const keptCharacters = 300;

/**
 * Bytes of an answer that are read so that its connection can serve again; of a longer one the
 * connection is closed, which costs less than reading it.
 */
const drainedBytes = 65_536;

/** Errors of a connection that the receiver closed while it was idle. */
const staleCodes = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_WRITE_AFTER_END"]);

/**
 * POSTs to one receiver over connections that are kept alive. It connects to the very address that
 * was checked, with the host's name for `Host` and TLS; it never follows a redirect; the limit of
 * time covers everything from the connection to the end of the answer.
 */
export class WebhookClient {
  readonly #target: WebhookTarget;
  readonly #url: URL;
  readonly #resolver: AddressResolver;
  readonly #agent: http.Agent;
  readonly #isTls: boolean;

  constructor(target: WebhookTarget) {
    this.#target = target;
    this.#url = new URL(target.url);
    this.#isTls = this.#url.protocol === "https:";
    this.#resolver = makeResolver(this.#url.hostname, target.allowsPrivate);
    const settings = {
      keepAlive: true,
      maxSockets: target.concurrency,
      scheduling: "lifo",
    } as const;
    this.#agent = this.#isTls ? new https.Agent(settings) : new http.Agent(settings);
  }

  /** Sends one request. Never rejects: whatever goes wrong is an answer of kind `failed`. */
  async post(request: WebhookRequest): Promise<Answer> {
    let address: string;
    try {
      address = await this.#resolver.resolve();
    } catch (error) {
      return { kind: "failed", code: codeOf(error) };
    }
    const first = await this.#send(address, request);
    if (!first.isStale) return first.answer;
    // The receiver closed an idle connection at the moment at which it was used again.
    return (await this.#send(address, request)).answer;
  }

  /** Closes the connections that are idle now. */
  close(): void {
    this.#agent.destroy();
  }

  #send(address: string, request: WebhookRequest): Promise<{ answer: Answer; isStale: boolean }> {
    return new Promise((resolve) => {
      let status: number | undefined;
      const outgoing = this.#open(address, Buffer.byteLength(request.body), request.headers);
      const settle = (answer: Answer, isStale = false) => {
        clearTimeout(limit);
        resolve({ answer, isStale });
      };
      const limit = setTimeout(() => {
        // Once the status is known, a body that never ends changes nothing.
        if (status === undefined) settle({ kind: "failed", code: "TIMEOUT" });
        outgoing.destroy();
      }, this.#target.timeoutMs);
      outgoing.on("error", (error) => {
        const code = codeOf(error);
        if (!outgoing.reusedSocket) this.#resolver.avoid(address);
        settle({ kind: "failed", code }, outgoing.reusedSocket && staleCodes.has(code));
      });
      outgoing.on("response", (response) => {
        status = response.statusCode ?? 0;
        const retryAfter = response.headers["retry-after"];
        readStart(
          response,
          (text) => settle({ kind: "answered", status: status ?? 0, retryAfter, text }),
        );
      });
      outgoing.end(request.body);
    });
  }

  #open(
    address: string,
    length: number,
    headers: Readonly<Record<string, string>>,
  ): http.ClientRequest {
    const { hostname, port, pathname, search, host } = this.#url;
    const { ca, cert, key } = this.#target.tls;
    const options = {
      method: "POST",
      agent: this.#agent,
      host: address,
      port: port === "" ? (this.#isTls ? 443 : 80) : Number(port),
      path: pathname + search,
      headers: { ...headers, host, "content-length": String(length) },
    };
    if (!this.#isTls) return http.request(options);
    return https.request({
      ...options,
      ...(isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: hostname } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  }
}

/**
 * Reads an answer's body so far that its connection can be used again, and tells its beginning once:
 * at its end, when it is too long, or when it breaks off.
 */
function readStart(response: http.IncomingMessage, done: (text: string) => void): void {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  const finish = () => {
    const text = Buffer.concat(kept).toString("utf8").slice(0, keptCharacters);
    // What Postgres cannot store: NUL, and half of a character that the cut went through.
    done(text.replace(/\0|[\ud800-\udbff]$/g, ""));
  };
  response.on("data", (chunk: Uint8Array) => {
    if (bytes < keptCharacters * 4) kept.push(chunk);
    bytes += chunk.byteLength;
    if (bytes <= drainedBytes) return;
    response.destroy();
    finish();
  });
  response.on("end", finish);
  response.on("error", finish);
  response.on("close", finish);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && code !== "") return code;
  return error instanceof Error ? error.name : "UNKNOWN";
}
