import type { Buffer } from "node:buffer";
import net from "node:net";
import tls from "node:tls";
import { HttpAnswer, type Progress } from "./http_answer.ts";
import type { Answer } from "./outcome.ts";

/** Where a connection goes. */
export interface ConnectionPlan {
  /** The very address that was checked. */
  readonly address: string;
  readonly port: number;
  /** TLS, with the name that the certificate must have; undefined without TLS. */
  readonly tls: tls.ConnectionOptions | undefined;
  /** Called once, when the connection is no longer of use. */
  readonly onClosed: (connection: WebhookConnection) => void;
}

/** How one request on a connection ended. */
export interface Exchange {
  readonly answer: Answer;
  /** The connection was open from before and broke without any answer: nobody may have been there. */
  readonly isStale: boolean;
  /** Not even the connection came about. */
  readonly isUnreachable: boolean;
}

/** Probes start after this many ms of silence. */
const keepAliveMs = 30_000;

/** The request that is under way. */
interface Current {
  readonly request: Buffer;
  readonly answer: HttpAnswer;
  readonly settle: (exchange: Exchange) => void;
}

/**
 * One connection with a receiver, HTTP/1.1 with one request at a time. Nothing is sent before the
 * connection stands and, with TLS, its certificate was accepted.
 */
export class WebhookConnection {
  readonly address: string;
  readonly #socket: net.Socket;
  readonly #onClosed: ConnectionPlan["onClosed"];
  #current: Current | undefined;
  #isOpen = false;
  #isClosed = false;
  #answered = 0;

  constructor({ address, port, tls: secured, onClosed }: ConnectionPlan) {
    this.address = address;
    this.#onClosed = onClosed;
    this.#socket = secured === undefined
      ? net.connect({ host: address, port })
      : tls.connect({ host: address, port, ...secured });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, keepAliveMs);
    this.#socket.once(secured === undefined ? "connect" : "secureConnect", () => {
      this.#isOpen = true;
      if (this.#current !== undefined) this.#socket.write(this.#current.request);
    });
    this.#socket.on("data", (bytes: Buffer) => this.#read(bytes));
    this.#socket.on("error", (error) => this.#end(codeOf(error)));
    this.#socket.on("end", () => this.#end("ECONNRESET"));
    this.#socket.on("close", () => this.#end("ECONNRESET"));
  }

  /** Whether it may be given another request, now that none is under way. */
  get isUsable(): boolean {
    return !this.#isClosed;
  }

  /** Sends one request, which is its head and body in bytes. Never rejects. */
  exchange(request: Buffer, timeoutMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      const limit = setTimeout(() => this.#end("TIMEOUT"), timeoutMs);
      const settle = (exchange: Exchange) => {
        clearTimeout(limit);
        this.#current = undefined;
        this.#answered++;
        resolve(exchange);
      };
      this.#current = { request, answer: new HttpAnswer(), settle };
      if (this.#isClosed) this.#end("ECONNRESET");
      else if (this.#isOpen) this.#socket.write(request);
    });
  }

  /** Ends the connection, and the request under way with it. */
  close(): void {
    this.#end("ECONNRESET");
  }

  #read(bytes: Buffer): void {
    const { answer } = this.#current ?? {};
    // What nobody asked for belongs to no request of ours.
    if (answer === undefined) return this.#end("ECONNRESET");
    const progress = answer.read(bytes);
    if (progress === "more") return;
    if (progress === "whole" && answer.isReusable) return this.#settle(progress, "");
    this.#end("NOT_HTTP");
  }

  /** The connection is over; a request under way ended with it, by its answer or by `code`. */
  #end(code: string): void {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    if (!wasClosed) this.#socket.destroy();
    if (this.#current !== undefined) this.#settle(this.#current.answer.end(), code);
    if (!wasClosed) this.#onClosed(this);
  }

  #settle(progress: Progress, code: string): void {
    const { answer, settle } = this.#current as Current;
    const { status, retryAfter } = answer;
    if (progress === "whole" && status !== undefined) {
      const answered = { kind: "answered", status, retryAfter, text: answer.text } as const;
      return settle({ answer: answered, isStale: false, isUnreachable: false });
    }
    const isStale = this.#answered > 0 && !answer.isBegun && code !== "TIMEOUT";
    settle({ answer: { kind: "failed", code }, isStale, isUnreachable: !this.#isOpen });
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && code !== "") return code;
  return error instanceof Error ? error.name : "UNKNOWN";
}
