import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verifySignature } from "../event/verify_signature.ts";

/** What the sample's receiver is told. */
export interface ReceiverOptions {
  /** Secrets of the sinks that send here. */
  readonly secrets: readonly string[];
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Hears in plain words what arrived, at most once in a while. */
  readonly onEvents: (text: string) => void;
}

/** A receiver that listens. */
export interface SampleReceiver {
  readonly url: string;
  close(): Promise<void>;
}

/** How long arrivals are gathered before they are told, ms. */
const gatherMs = 300;

/** Longest body that is read; a sample's events are far shorter. */
const maxBodyBytes = 1_048_576;

/**
 * Starts the small webhook receiver of the sample. It does what a receiver should: it checks the signature (401 when it is wrong), takes each id once, and answers
 * 204 at once.
 */
export async function startReceiver(options: ReceiverOptions): Promise<SampleReceiver> {
  const tally = new Tally(options.onEvents);
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { secrets } = options;
      const isSigned = body !== undefined &&
        verifySignature(secrets, request.headers, body, Date.now());
      if (isSigned) tally.add(String(request.headers["webhook-id"]));
      response.writeHead(isSigned ? 204 : 401).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}/events`,
    async close() {
      tally.close();
      await closeServer(server);
    },
  };
}

/** The whole body, or undefined when it is too long or breaks off. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBodyBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Counts webhooks by their id and tells the counts. */
class Tally {
  readonly #tell: (text: string) => void;
  readonly #ids = new Set<string>();
  #fresh = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  add(id: string): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.#fresh++;
    this.#timer ??= setTimeout(() => this.#report(), gatherMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #report(): void {
    const events = this.#fresh === 1 ? "1 event" : `${this.#fresh} events`;
    this.#tell(`the sample's webhook receiver got ${events}, signatures verified`);
    this.#timer = undefined;
    this.#fresh = 0;
  }
}
