import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Answer } from "./outcome.ts";
import { type AddressResolver, makeResolver } from "./resolve_address.ts";
import { WebhookConnection } from "./webhook_connection.ts";

/** How one receiver is reached. */
export interface WebhookTarget {
  readonly url: string;
  readonly allowsPrivate: boolean;
  /** Connections that are kept open while nothing is sent. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly tls: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    /** Name that the certificate must have; without it the URL's host. */
    readonly serverName: string | undefined;
  };
}

/** A body to POST, with all headers that belong to it. Names and values are as HTTP allows them. */
export interface WebhookRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * POSTs to one receiver over connections that are kept alive. It connects to the very address that
 * was checked, with the host's name for `Host` and TLS; it never follows a redirect; the limit of
 * time covers everything from the connection to the end of the answer.
 *
 * It speaks HTTP/1.1 itself: the runtime's own client costs half of the time that a delivery takes.
 */
export class WebhookClient {
  readonly #target: WebhookTarget;
  readonly #port: number;
  readonly #tls: ConnectionOptions | undefined;
  /** The request line and `Host`. */
  readonly #start: string;
  readonly #resolver: AddressResolver;
  /** The one used last is used first, so that a quiet time closes the others. */
  readonly #idle: WebhookConnection[] = [];
  #isClosed = false;

  constructor(target: WebhookTarget) {
    this.#target = target;
    const { protocol, hostname, host, port, pathname, search } = new URL(target.url);
    const isTls = protocol === "https:";
    this.#port = port === "" ? (isTls ? 443 : 80) : Number(port);
    this.#tls = isTls ? tlsOptions(target.tls, hostname) : undefined;
    this.#start = `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n`;
    this.#resolver = makeResolver(hostname, target.allowsPrivate);
  }

  /** Sends one request. Never rejects: whatever goes wrong is an answer of kind `failed`. */
  async post(request: WebhookRequest): Promise<Answer> {
    let address: string;
    try {
      address = this.#resolver.known() ?? await this.#resolver.resolve();
    } catch (error) {
      const { code } = error as { code?: unknown };
      return { kind: "failed", code: typeof code === "string" ? code : "UNKNOWN" };
    }
    const bytes = this.#write(request);
    const first = await this.#exchange(this.#takeIdle(address) ?? this.#open(address), bytes);
    if (!first.isStale) return first.answer;
    // The receiver closed an idle connection at the moment at which it was used again.
    return (await this.#exchange(this.#open(address), bytes)).answer;
  }

  /** Closes the connections that are idle, and those in use when their request has ended. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#idle]) connection.close();
  }

  async #exchange(connection: WebhookConnection, bytes: Buffer) {
    const exchange = await connection.exchange(bytes, this.#target.timeoutMs);
    if (exchange.isUnreachable) this.#resolver.avoid(connection.address);
    if (!connection.isUsable) return exchange;
    if (this.#isClosed || this.#idle.length >= this.#target.concurrency) connection.close();
    else this.#idle.push(connection);
    return exchange;
  }

  /** A connection with that address; those with another one belong to an answer of DNS of before. */
  #takeIdle(address: string): WebhookConnection | undefined {
    for (let taken = this.#idle.pop(); taken !== undefined; taken = this.#idle.pop()) {
      if (taken.address === address) return taken;
      taken.close();
    }
    return undefined;
  }

  #open(address: string): WebhookConnection {
    return new WebhookConnection({
      address,
      port: this.#port,
      tls: this.#tls,
      onClosed: (connection) => {
        const place = this.#idle.indexOf(connection);
        if (place >= 0) this.#idle.splice(place, 1);
      },
    });
  }

  /** Head in Latin 1, as HTTP has it, and body in UTF-8, for one write. */
  #write({ body, headers }: WebhookRequest): Buffer {
    const length = Buffer.byteLength(body);
    let head = this.#start;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    head += `content-length: ${length}\r\n\r\n`;
    const bytes = Buffer.allocUnsafe(head.length + length);
    bytes.write(head, 0, "latin1");
    bytes.write(body, head.length, "utf8");
    return bytes;
  }
}

/** An IP address is no server name (RFC 6066); the certificate is then checked for the address. */
function tlsOptions(
  { ca, cert, key, serverName }: WebhookTarget["tls"],
  hostname: string,
): ConnectionOptions {
  const name = serverName ?? hostname.replace(/^\[|\]$/g, "");
  return {
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ALPNProtocols: ["http/1.1"],
  };
}
