import assert from "node:assert/strict";
import process from "node:process";
import { Hono } from "hono";
import { systemClock } from "../src/clock.ts";
import { ConnectorRegistry } from "../src/connector/registry.ts";
import { fetchSourceRows } from "../src/connector/source_rows.ts";
import { loadSourceShape } from "../src/connector/source_shape.ts";
import { findContacts } from "../src/hub/contacts.ts";
import { hubTarget } from "../src/hub/hub_target.ts";
import { createApp } from "../src/http/app.ts";
import { createRenderer, type Renderer } from "../src/message/renderer.ts";
import { openPool } from "../src/postgres/pool.ts";
import { type HttpServer, runtimeName, serve } from "../src/runtime.ts";
import { pairedRatio, type PairedResult, printResult } from "./paired.ts";
import { measureStream } from "./render_stream.ts";
import { type LoadClient, openRenderWorld, requestOf, startLoadClient } from "./render_world.ts";

const area = "render";
const contacts = Number(optionOf("contacts") ?? 100_000);
const connections = 32;
const requests = 960;

/** `--contacts 5000` is for a quick look, `--only single` and `--only segment` for one part. */
function optionOf(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Prints a bar; a missed one fails the benchmark. */
function report(result: PairedResult): void {
  printResult(result);
  if (!result.holds) process.exitCode = 1;
}

/** The app, and beside it on a port of its own the bare handler that it is compared with. */
interface Servers {
  readonly renderer: Renderer;
  readonly app: HttpServer;
  readonly bare: HttpServer;
}

/** Hono and the same two statements on the same pools; the rows go out as they come. */
async function bareApp(renderer: Renderer, connectors: ConnectorRegistry): Promise<Hono> {
  const connector = connectors.require("shop");
  const source = renderer.config.sources.get("products");
  assert.ok(source !== undefined);
  const shop = connectors.pool("shop").sql;
  const shape = await loadSourceShape(shop, source, connector);
  const app = new Hono();
  app.post("/render", async (context) => {
    const body = await context.req.json();
    const key = { kind: "email", value: body.contact.email } as const;
    const [contact] = await findContacts(renderer.hub.sql, key);
    const [rows] = await fetchSourceRows(shop, shape, [String(contact?.["email"])]);
    return context.json(JSON.parse(rows?.json ?? "[]"));
  });
  return app;
}

async function startServers(renderer: Renderer, connectors: ConnectorRegistry): Promise<Servers> {
  const health = {
    findUnreadyReasons: () => [],
    describe: () => Promise.reject(new Error("not measured")),
  };
  const { server } = renderer.config;
  const app = createApp({ server, health, renderer, clock: systemClock, observe: () => {} });
  const bare = await bareApp(renderer, connectors);
  const listen = (fetch: (request: Request, peer: never) => Response | Promise<Response>) =>
    serve({ host: "127.0.0.1", port: 0, headersTimeoutMs: 10_000, fetch: fetch as never });
  return {
    renderer,
    app: await listen(app.fetch as never),
    bare: await listen(bare.fetch as never),
  };
}

async function measureRender(servers: Servers, client: LoadClient): Promise<void> {
  const request = requestOf("/render", {
    message: "newsletter",
    contact: { email: `person${Math.ceil(contacts / 2)}@example.com` },
  });
  const load = (port: number) => async () => {
    const outcome = await client.run({ port, request, requests, connections });
    assert.deepEqual([outcome.answered, outcome.failed], [requests, 0]);
  };
  report(
    await pairedRatio(
      `POST /render against a bare handler with the same SQL, ${connections} connections, ${runtimeName()}`,
      0.7,
      load(servers.app.port),
      load(servers.bare.port),
      { area, runs: 15 },
    ),
  );
}

async function main(): Promise<void> {
  const world = await openRenderWorld(contacts);
  const { config } = world;
  assert.ok(config.hub.address !== undefined);
  const connectors = new ConnectorRegistry(config.connectors);
  const hub = openPool(hubTarget(config, config.hub.address), { max: config.hub.poolSize });
  const renderer = createRenderer({
    config,
    hub,
    connectors,
    clock: systemClock,
    observe: () => {},
  });
  const servers = await startServers(renderer, connectors);
  const client = startLoadClient();
  try {
    if (optionOf("only") !== "segment") await measureRender(servers, client);
    if (optionOf("only") !== "single") {
      const { port } = servers.app;
      for (const bar of await measureStream({ renderer, client, port, contacts })) report(bar);
    }
  } finally {
    client.close();
    await Promise.all([servers.app.stop(1_000), servers.bare.stop(1_000)]);
    await Promise.all([connectors.close(0), hub.close(0)]);
    await world.close();
  }
}

await main();
