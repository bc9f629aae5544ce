import { isIP } from "node:net";
import type { buildConnector } from "undici";
import type { Answer } from "./outcome.ts";
import { type AddressResolver, makeResolver } from "./resolve_address.ts";
import {
  type Exchange,
  type Posting,
  type RequestHeaders,
  WebhookConnection,
} from "./webhook_connection.ts";

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
  readonly headers: RequestHeaders;
}

/**
 * POSTs to one receiver over connections that are kept alive. It connects to the very address that
 * was checked, with the host's name for `Host` and TLS; it never follows a redirect; the limit of
 * time covers everything from the connection to the end of the answer.
 */
export class WebhookClient {
  readonly #target: WebhookTarget;
  readonly #url: URL;
  readonly #tls: buildConnector.BuildOptions;
  readonly #resolver: AddressResolver;
  /** The one used last is used first, so that a quiet time closes the others. */
  readonly #idle: WebhookConnection[] = [];
  #isClosed = false;

  constructor(target: WebhookTarget) {
    this.#target = target;
    this.#url = new URL(target.url);
    this.#tls = this.#url.protocol === "https:" ? tlsOptions(target.tls, this.#url.hostname) : {};
    this.#resolver = makeResolver(this.#url.hostname, target.allowsPrivate);
  }

  /** Sends one request. Never rejects: whatever goes wrong is an answer of kind `failed`. */
  async post({ body, headers }: WebhookRequest): Promise<Answer> {
    let address: string;
    try {
      address = this.#resolver.known() ?? await this.#resolver.resolve();
    } catch (error) {
      const { code } = error as { code?: unknown };
      return { kind: "failed", code: typeof code === "string" ? code : "UNKNOWN" };
    }
    const posting = { path: this.#url.pathname + this.#url.search, headers, body };
    const first = await this.#exchange(this.#takeIdle(address) ?? this.#open(address), posting);
    if (!first.isStale) return first.answer;
    // The receiver closed an idle connection at the moment at which it was used again.
    return (await this.#exchange(this.#open(address), posting)).answer;
  }

  /** Closes the connections that are idle, and those in use when their request has ended. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  async #exchange(connection: WebhookConnection, posting: Posting): Promise<Exchange> {
    const exchange = await connection.exchange(posting);
    if (exchange.isUnreachable) this.#resolver.avoid(connection.address);
    if (!connection.isUsable) return exchange;
    const isWanted = exchange.answer.kind === "answered" && !this.#isClosed &&
      this.#idle.length < this.#target.concurrency;
    if (isWanted) this.#idle.push(connection);
    else connection.close();
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
    const { origin } = this.#url;
    const { timeoutMs } = this.#target;
    return new WebhookConnection({ origin, address, tls: this.#tls, timeoutMs });
  }
}

/** An IP address is no server name (RFC 6066); the certificate is then checked for the address. */
function tlsOptions(
  { ca, cert, key, serverName }: WebhookTarget["tls"],
  hostname: string,
): buildConnector.BuildOptions {
  const name = serverName ?? hostname.replace(/^\[|\]$/g, "");
  return {
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    allowH2: false,
  };
}
