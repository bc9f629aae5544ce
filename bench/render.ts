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
import { type HttpServer, serve } from "../src/runtime.ts";
import { median, pairedRatio, printResult } from "./paired.ts";
import { type LoadClient, openRenderWorld, startLoadClient } from "./render_world.ts";

const area = "render";
const contacts = Number(process.env["PERIGEE_BENCH_CONTACTS"] ?? 100_000);
const connections = 32;
const requests = 960;
const messagesPerCore = 15_000;
/** What the collector leaves lying about; the messages themselves are 1.1 GB. */
const flatMb = 96;

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

function requestOf(path: string, body: unknown): string {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer bench-token\r\n` +
    `content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
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
  printResult(
    await pairedRatio(
      `POST /render against a bare handler with the same SQL, ${connections} connections`,
      0.7,
      load(servers.app.port),
      load(servers.bare.port),
      { area, runs: 15 },
    ),
  );
}

/** One stream of the whole segment, as the server's process met it. */
interface StreamCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** What memory grew by from its first second to its peak. */
  readonly grownMb: number;
}

async function streamOnce(servers: Servers, client: LoadClient): Promise<StreamCost> {
  const request = requestOf("/render/segment", { message: "newsletter", segment: "everybody" });
  const samples: number[] = [];
  const sampling = setInterval(() => samples.push(process.memoryUsage().rss), 50);
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const outcome = await client.run({
    port: servers.app.port,
    request,
    requests: 1,
    connections: 1,
  });
  const { user, system } = process.cpuUsage(before);
  clearInterval(sampling);
  assert.equal(outcome.failed, 0);
  assert.ok(outcome.bytes > contacts * 8_000, `${outcome.bytes} bytes`);
  const early = Math.max(...samples.slice(0, 20));
  return {
    wallMs: performance.now() - startedAt,
    cpuMs: (user + system) / 1_000,
    grownMb: (Math.max(...samples) - early) / 2 ** 20,
  };
}

/** The bar is for one core, so it is the processor time of the server's process that counts. */
async function measureSegment(servers: Servers, client: LoadClient): Promise<void> {
  const runs = 3;
  await streamOnce(servers, client);
  const costs: StreamCost[] = [];
  for (let run = 0; run < runs; run++) costs.push(await streamOnce(servers, client));
  const cpuMs = median(costs.map((cost) => cost.cpuMs));
  const wallMs = median(costs.map((cost) => cost.wallMs));
  const grownMb = median(costs.map((cost) => cost.grownMb));
  const perCore = contacts / (cpuMs / 1_000);
  const ratio = Number((perCore / messagesPerCore).toPrecision(4));
  const shared = { area, median_ms: Math.round(wallMs), runs };
  const whole = `POST /render/segment of ${contacts} members`;
  printResult({
    ...shared,
    bar: `${whole}: messages a second and core of the server, to ${messagesPerCore}`,
    ratio,
    limit: 1,
    holds: ratio >= 1,
  });
  printResult({
    ...shared,
    bar: `${whole}: MB that memory grows by after the first second`,
    ratio: Math.round(grownMb),
    limit: flatMb,
    holds: grownMb <= flatMb,
  });
  const perSecond = Math.round(contacts / (wallMs / 1_000));
  console.error(
    `${area}: ${Math.round(perCore)} messages a second and core, ${perSecond} a second`,
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
    await measureRender(servers, client);
    await measureSegment(servers, client);
  } finally {
    client.close();
    await Promise.all([servers.app.stop(1_000), servers.bare.stop(1_000)]);
    await Promise.all([connectors.close(0), hub.close(0)]);
    await world.close();
  }
}

await main();
