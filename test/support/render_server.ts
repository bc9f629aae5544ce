import { after } from "node:test";
import { systemClock } from "../../src/clock.ts";
import type { Config, ServerConfig } from "../../src/config/model.ts";
import type { MessageConfig } from "../../src/config/model_message.ts";
import { createApp } from "../../src/http/app.ts";
import type { HealthSource } from "../../src/http/health.ts";
import { createRenderer, type Renderer } from "../../src/message/renderer.ts";
import { type HttpServer, serve } from "../../src/runtime.ts";
import type { World } from "./world.ts";

/** The token of test servers. */
export const testToken = "test-token-1";

/** A server configuration with limits that tests do not meet. */
export const testServer: ServerConfig = {
  host: "127.0.0.1",
  port: 0,
  tokens: [testToken, "test-token-2"],
  maxBodyBytes: 100_000,
  requestTimeoutMs: 20_000,
  shutdownTimeoutMs: 5_000,
  rateLimitPerSecond: 0,
};

/** A message of one configuration. Templates come as texts by part. */
export function messageOf(
  name: string,
  id: number,
  templates: Readonly<Partial<Record<"subject" | "html" | "text", string>>>,
  more: Partial<MessageConfig> = {},
): MessageConfig {
  const parts = (["subject", "html", "text"] as const).flatMap((part) => {
    const template = templates[part];
    return template === undefined ? [] : [{ part, template, path: `${name}.${part}.vm` }];
  });
  return {
    name,
    id,
    parts,
    engine: "perigee",
    isTrusted: false,
    dialect: "1.7",
    whitespace: undefined,
    escape: "none",
    mergeTags: false,
    locale: "en",
    timezone: "UTC",
    sources: [],
    limits: { maxSteps: undefined, maxOutputBytes: undefined, timeoutMs: undefined },
    tests: [],
    ...more,
  };
}

/** Sources, messages or segments by their names. */
export function byName<T extends { readonly name: string }>(
  ...all: readonly T[]
): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [one.name, one]));
}

/** A renderer on a world's databases; `parts` is what its configuration has. */
export function rendererOf(world: World, parts: Partial<Config>): Renderer {
  return createRenderer({
    config: world.config(parts),
    hub: world.pool,
    connectors: world.connectors,
    clock: systemClock,
    observe: (observation) => void world.observations.push(observation),
  });
}

/** Health of a server that has nothing to wait for. */
export const readyHealth: HealthSource = {
  findUnreadyReasons: () => [],
  describe: () => {
    throw new Error("this server has no health details");
  },
};

/** A server on a real socket with the app over a renderer; it ends with the test file. */
export interface RenderServer {
  readonly server: HttpServer;
  readonly url: string;
  /** Sends a request with the token and a JSON body. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** Starts a server whose configuration is `parts` over the world's. */
export async function startRenderServer(
  world: World,
  parts: Partial<Config>,
  options: { readonly health?: HealthSource } = {},
): Promise<RenderServer> {
  const renderer = rendererOf(world, { server: testServer, ...parts });
  const config = renderer.config.server;
  const app = createApp({
    server: config,
    health: options.health ?? readyHealth,
    renderer,
    clock: renderer.clock,
    observe: renderer.observe,
  });
  const server = await serve({
    host: config.host,
    port: config.port,
    headersTimeoutMs: config.requestTimeoutMs,
    fetch: (request, peer) => app.fetch(request, peer),
  });
  after(() => server.stop(0));
  return {
    server,
    url: server.url,
    post: (path, body, headers = {}) =>
      fetch(`${server.url}${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${testToken}`,
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

/** The promo codes of the reference page, with an address at example.com. */
export const promoCodesSql = `
  create table promo_codes (
    id integer primary key, email text, name text, birthday timestamp, promo_code text
  );
  insert into promo_codes values
    (2, 'kozak@example.com', 'Dina Kozak', '2020-09-02', 'AAAA-BBBB-DDDD');`;

/** The row of the reference page as templates get it. */
export const dinaRow = {
  id: "2",
  email: "kozak@example.com",
  name: "Dina Kozak",
  birthday: "2020-09-02T00:00:00Z",
  promo_code: "AAAA-BBBB-DDDD",
};
