import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** A TCP or TLS socket that is connected and on which no Postgres message was sent yet. */
export type Transport = Socket | TLSSocket;

/** What the server said of the session's transaction in its last answer. */
export type TransactionStatus = "idle" | "open" | "failed";

type WriteCallback = (error?: Error | null) => void;

const forwarded = ["data", "drain", "end"] as const;
/** The last words of a server fit in this; messages of errors are a few hundred bytes. */
const tailBytes = 8_192;

const statusByByte = new Map<number, TransactionStatus>([[73, "idle"], [84, "open"], [
  69,
  "failed",
]]);

/**
 * The socket that the driver sees. It stands between the driver and the real socket because the
 * driver drops its reference to a socket on `close` and then throws, out of reach of any `catch`,
 * when something still writes to it. So this one never says `close` before the driver itself ended
 * it: a broken link is announced once through `onDeath`, as one `error`, and what is written
 * afterwards goes nowhere.
 *
 * It also knows what the driver keeps to itself: the transaction status of the last answer, and
 * the SQLSTATE with which the server ended the session.
 */
export class DriverSocket extends EventEmitter {
  /** Read by the driver for the TLS server name. */
  readonly host: string;
  readonly #transport: Transport;
  readonly #onDeath: (cause: Error | undefined, sqlstate: string | undefined) => Error;
  readonly #unwritten: WriteCallback[] = [];
  #lastChunk: Uint8Array | undefined;
  #status: TransactionStatus = "idle";
  #isEndedByDriver = false;
  /** The server has answered all that was asked; more is to be asked before it says a word. */
  #isAnswered = true;
  /** The server takes the data of a COPY, and answers when that is done. */
  #isTaking = false;
  #received = 0;
  #written = 0;
  #death: Error | undefined;

  /**
   * Takes the transport over. `onDeath` is called once, when the link is gone, with the socket's
   * error and the SQLSTATE of the server's last words, and returns the error that the driver gets.
   */
  constructor(
    transport: Transport,
    host: string,
    onDeath: (cause: Error | undefined, sqlstate: string | undefined) => Error,
  ) {
    super();
    this.host = host;
    this.#transport = transport;
    this.#onDeath = onDeath;
    let failure: Error | undefined;
    transport.on("data", (chunk: Uint8Array) => this.#remember(chunk));
    for (const name of forwarded) transport.on(name, (value?: unknown) => this.emit(name, value));
    transport.on("error", (error) => failure = error);
    transport.on("close", () => this.#die(failure));
  }

  /** The transaction status in the last ReadyForQuery that was seen. */
  get transactionStatus(): TransactionStatus {
    return this.#status;
  }

  /** The error that ended the link, once it has ended. */
  get death(): Error | undefined {
    return this.#death;
  }

  /** As `net.Socket.readyState`, of which the driver asks for `open` and `closed`. */
  get readyState(): "open" | "closed" {
    return this.#death === undefined ? "open" : "closed";
  }

  /** Whether it is the server's turn to send, or to take what we have sent. */
  get waitsForServer(): boolean {
    if (this.#death !== undefined || this.#transport.isPaused()) return false;
    return this.#isTaking ? this.#transport.writableLength > 0 : !this.#isAnswered;
  }

  /** Differs from an earlier value when bytes have passed since, either way. */
  get progress(): string {
    return `${this.#received} ${this.#written} ${this.#transport.writableLength}`;
  }

  /** As `net.Socket.write`; on a broken link the callback gets the error that ended it. */
  write(chunk: Uint8Array, callback?: WriteCallback): boolean {
    this.#written += chunk.length;
    this.#isAnswered = false;
    if (isCopyEnd(chunk)) this.#isTaking = false;
    if (callback === undefined) return this.#death !== undefined || this.#transport.write(chunk);
    if (this.#death !== undefined) {
      setImmediate(callback, this.#death);
      return true;
    }
    return this.#transport.write(chunk, (error) => {
      if (!error) callback();
      else if (this.#death !== undefined) callback(this.#death);
      else this.#unwritten.push(callback); // What broke the link is known when it has closed.
    });
  }

  /** Called by the driver alone: it is done with the link and will not write again. */
  end(chunk: Uint8Array): void {
    this.#isEndedByDriver = true;
    this.#transport.end(chunk);
  }

  /** Breaks the link at once, which frees the server's backend; `reason` becomes its death. */
  destroy(reason?: Error): void {
    this.#transport.destroy();
    this.#die(reason);
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  setKeepAlive(): void {
    // Set on the transport when it was opened; the driver's own figure would overwrite it.
  }

  #remember(chunk: Uint8Array): void {
    this.#received += chunk.length;
    const before = chunk.length < 6 ? this.#lastChunk?.subarray(-tailBytes) : undefined;
    const last = before === undefined ? chunk : Buffer.concat([before, chunk]);
    this.#lastChunk = last;
    const ready = findReadyByte(last);
    this.#status = statusByByte.get(ready ?? 0) ?? this.#status;
    if (ready !== undefined || isPortalSuspended(last)) this.#isAnswered = true;
    if (ready !== undefined) this.#isTaking = false;
    else if (isCopyInResponse(last)) this.#isTaking = true;
  }

  #die(cause: Error | undefined): void {
    if (this.#death !== undefined) return;
    this.#death = this.#onDeath(cause, findFatalState(this.#lastChunk));
    this.#lastChunk = undefined;
    if (this.listenerCount("error") > 0) this.emit("error", this.#death);
    for (const callback of this.#unwritten.splice(0)) callback(this.#death);
    if (this.#isEndedByDriver) this.emit("close", false);
  }
}

/** ReadyForQuery is `Z`, length 5, status; it ends what the server sends, maybe in two chunks. */
function findReadyByte(chunk: Uint8Array): number | undefined {
  return endsWithMessage(chunk, 90, 5) ? chunk[chunk.length - 1] : undefined;
}

/** PortalSuspended is `s` and length 4: the rows of a cursor that were asked for are all there. */
function isPortalSuspended(chunk: Uint8Array): boolean {
  return endsWithMessage(chunk, 115, 4);
}

/** A message is one byte of kind, its length without that byte in four, and the rest. */
function endsWithMessage(chunk: Uint8Array, kind: number, length: number): boolean {
  const at = chunk.length - length - 1;
  if (at < 0 || chunk[at] !== kind || chunk[at + 4] !== length) return false;
  return chunk[at + 1] === 0 && chunk[at + 2] === 0 && chunk[at + 3] === 0;
}

/** CopyInResponse is `G` and a length, and comes alone, because we send nothing else with a COPY. */
function isCopyInResponse(chunk: Uint8Array): boolean {
  if (chunk[0] !== 71 || chunk.length < 5) return false;
  return new DataView(chunk.buffer, chunk.byteOffset).getUint32(1) === chunk.length - 1;
}

/** CopyDone is `c` and length 4, CopyFail `f` and a text. Data is `d`. */
function isCopyEnd(chunk: Uint8Array): boolean {
  return (chunk[0] === 99 && chunk.length === 5) || chunk[0] === 102;
}

/**
 * The SQLSTATE of a FATAL or PANIC at the end of what the server sent. Such an ErrorResponse is the
 * last message of a session and has its severity untranslated in field V, directly before the
 * SQLSTATE in field C (PostgreSQL documentation, "Error and Notice Message Fields").
 */
function findFatalState(chunk: Uint8Array | undefined): string | undefined {
  if (chunk === undefined) return undefined;
  const tail = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).subarray(-tailBytes);
  const text = tail.toString("latin1");
  return /V(?:FATAL|PANIC)\0C([0-9A-Z]{5})\0/.exec(text)?.[1];
}
