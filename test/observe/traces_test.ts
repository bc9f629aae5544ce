import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, test } from "node:test";
import { isDeno } from "../../src/runtime.ts";
import { seedShop } from "../../src/sample/shop.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { type LogLine, repository, spawnDaemon } from "../support/daemon_process.ts";
import { makeProgram, urlOf } from "../support/program_folder.ts";
import { openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";

const scope = { after };
const hub = await openTestHub(scope);
const shop = await openTestDatabase(scope);
await seedShop(shop.sql, { now: new Date(), timezone: "Europe/Kyiv" });
const receiver = await openReceiver(scope);

/** As an operator's preload module would, a module in front of the program registers a tracer. */
const program = await makeProgram(
  scope,
  `import ${JSON.stringify(urlOf("test/support/print_spans.ts"))};`,
);
const daemon = spawnDaemon(scope, {
  program,
  config: path.join(repository, "config"),
  env: { PERIGEE_HUB_URL: hub.url, SHOP_URL: shop.url, SAMPLE_WEBHOOK_URL: receiver.url },
});
const url = String((await daemon.waitForLine("daemon_ready"))["url"]);

function spanOf(name: string, fits: (attributes: Record<string, unknown>) => boolean = () => true) {
  return daemon.waitForLine(
    "span",
    (line) => line["name"] === name && fits(attributesOf(line)),
  );
}

function attributesOf(span: LogLine): Record<string, unknown> {
  return span["attributes"] as Record<string, unknown>;
}

test("a run is a span with its name, kind, cause and rows, and its work lies within", async () => {
  const run = await spanOf("run import", (its) => its["perigee.run.name"] === "import/customers");
  const attributes = attributesOf(run);
  assert.equal(attributes["perigee.run.kind"], "import");
  assert.equal(attributes["perigee.run.cause"], "start");
  assert.equal(attributes["perigee.rows"], 200);
  assert.equal(attributes["perigee.counts.inserted"], 200);
  const inner = await daemon.waitForLine(
    "span",
    ({ name, parentId }) => name === "hub transaction" && parentId === run["spanId"],
  );
  assert.equal(inner["traceId"], run["traceId"]);
  const exported = await spanOf("run export", (its) => Number(its["perigee.rows"]) > 0);
  const write = await daemon.waitForLine(
    "span",
    ({ name, parentId }) => name === "write export" && parentId === exported["spanId"],
  );
  assert.equal(write["traceId"], exported["traceId"]);
});

test("a delivery is a span of a client, with the sink and the status", async () => {
  const delivery = await spanOf("deliver webhook");
  assert.equal(delivery["spanKind"], 2);
  assert.deepEqual(attributesOf(delivery), {
    "perigee.sink": "sample_receiver",
    "perigee.events": 1,
    "http.response.status_code": 204,
  });
});

test("a render belongs to the trace of whoever asks for it", async () => {
  const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const answer = await fetch(`${url}/render`, {
    method: "POST",
    headers: {
      "authorization": "Bearer perigee-sample-token",
      "content-type": "application/json",
      "traceparent": `00-${traceId}-${spanId}-01`,
    },
    body: '{"message":"birthday_greeting","contact":{"email":"kozak@example.com"}}',
  });
  assert.equal(answer.status, 200, await answer.text());
  const request = await spanOf("POST /render");
  assert.deepEqual([request["traceId"], request["parentId"]], [traceId, spanId]);
  assert.equal(attributesOf(request)["http.response.status_code"], 200);
  const render = await spanOf("render message");
  assert.equal(render["parentId"], request["spanId"]);
  assert.deepEqual(attributesOf(render), { "perigee.message": "birthday_greeting" });
});

test("what fails is marked with its code, and no span holds a value of a row", async () => {
  await shop.sql`alter table customers rename to clients`;
  await shop.sql`notify customers_changed`;
  const failed = await spanOf("run import", (its) => "error.type" in its);
  assert.match(String(attributesOf(failed)["error.type"]), /^PG\d{3}$/);
  assert.equal((failed["status"] as { code: number }).code, 2);
  const spans = daemon.lines.filter(({ kind }) => kind === "span");
  assert.ok(spans.length > 5);
  assert.doesNotMatch(JSON.stringify(spans), /@example\.com|AAAA-BBBB/);
  assert.equal(await daemon.end("SIGTERM"), 0);
});

test("Deno's own exporter sends the spans where its variables say", {
  skip: isDeno ? false : "the runtime is Node",
}, async (t) => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => void chunks.push(chunk));
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks).toString("utf8"));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  t.after(() => void collector.close());
  const { port } = collector.address() as AddressInfo;
  const exporting = spawnDaemon(t, {
    config: path.join(repository, "config"),
    env: {
      PERIGEE_HUB_URL: hub.url,
      SHOP_URL: shop.url,
      SAMPLE_WEBHOOK_URL: receiver.url,
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: "200",
    },
  });
  await exporting.waitForLine("daemon_ready");
  const body = await waitFor(
    "a run at the collector",
    () => bodies.find((each) => each.includes('"run segment"')),
    60_000,
  );
  assert.match(body, /perigee\.run\.name/);
});
