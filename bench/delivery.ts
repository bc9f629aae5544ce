/**
 * `npm run bench -- delivery [--events 20000] [--pending 1000000] [--only speed,claims] [--json]`:
 * deliveries to a receiver that answers at once against a bare keep-alive client that posts the same
 * bodies, and what a claim costs when a million deliveries wait.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/clock.ts";
import { startDeliveries } from "../src/event/delivery_worker.ts";
import { claimDeliveries } from "../src/hub/deliveries.ts";
import { runtimeCommand } from "../test/support/runtime_command.ts";
import type { Scope } from "../test/support/database.ts";
import { openHubPool, webhookSink } from "../test/event/fixture.ts";
import type { Pool } from "../src/postgres/pool.ts";
import { withScope } from "./event_scope.ts";
import { median, pairedRatio, printResult } from "./paired.ts";

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const events = Number(option("events") ?? 20_000);
const pending = Number(option("pending") ?? 1_000_000);
const only = option("only")?.split(",");
const concurrency = 16;

await withScope(async (scope) => {
  const hub = await openHubPool(scope);
  if (only === undefined || only.includes("speed")) await measureSpeed(scope, hub);
  if (only === undefined || only.includes("claims")) await measureClaims(hub);
});

/** A receiver in a process of its own, which only counts. */
async function startReceiver(scope: Scope): Promise<string> {
  const file = fileURLToPath(new URL("./delivery_receiver.ts", import.meta.url));
  const [program, words] = runtimeCommand(file);
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  scope.after(() => void child.kill());
  const [line] = await once(child.stdout, "data");
  return String(line).trim();
}

async function queue(hub: Pool, count: number): Promise<void> {
  await hub.sql.unsafe(`
    truncate perigee.events, perigee.deliveries, perigee.changes_of_events;
    with event as (
      insert into perigee.events (event_type_key, key_value, contact_id, params_json)
      select 'regularEventType-1', n::text, n, jsonb_build_array(
        jsonb_build_object('name', 'ContactId', 'value', n::text),
        jsonb_build_object('name', 'EmailAddress', 'value', 'contact' || n || '@example.com'),
        jsonb_build_object('name', 'jsonParam', 'value', '{"1043":[{"id":"' || n || '","email":"'
          || 'contact' || n || '@example.com","birthday":"2020-09-02T00:00:00Z"}]}'))
      from generate_series(1, ${count}) as n returning event_id, contact_id
    )
    insert into perigee.deliveries (event_id, sink, contact_id)
    select event_id, 'receiver', contact_id from event`);
}

async function measureSpeed(scope: Scope, hub: Pool): Promise<void> {
  const url = await startReceiver(scope);
  await queue(hub, events);
  const rows = await hub.sql<{ body: string }[]>`
    select json_build_object('eventTypeKey', event_type_key, 'keyValue', key_value,
      'params', params_json)::text as body from perigee.events order by event_id`;
  const bodies = rows.map((row) => row.body);
  const result = await pairedRatio(
    `deliveries of ${events.toLocaleString("en")} events, speed against a bare keep-alive client`,
    0.7,
    () => deliverAll(hub, url),
    () => postAll(url, bodies),
    { area: "delivery", runs: Number(option("runs") ?? 5), prepare: () => queue(hub, events) },
  );
  printResult(result);
}

async function deliverAll(hub: Pool, url: string): Promise<void> {
  let left = events;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => done = resolve);
  const sink = webhookSink(url, { concurrency });
  const deliveries = startDeliveries({
    config: { sinks: new Map([[sink.name, sink]]), routes: [], triggers: new Map() },
    hub,
    clock: systemClock,
    observe: (seen) => {
      if (seen.kind !== "delivery_attempted") return;
      left -= seen.events;
      if (left === 0) done();
    },
  });
  await all;
  await deliveries.stop();
  const [row] = await hub.sql`select 1 from perigee.deliveries where state <> 'delivered' limit 1`;
  if (row !== undefined) throw new Error("a delivery was not recorded as delivered");
}

/** What is compared with: the same bodies, connections and number of requests under way. */
async function postAll(url: string, bodies: readonly string[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency, scheduling: "lifo" });
  let next = 0;
  const post = (body: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
      };
      const request = http.request(url, { method: "POST", agent, headers }, (response) => {
        response.resume();
        response.on("end", resolve);
      });
      request.on("error", reject);
      request.end(body);
    });
  const client = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(body);
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  agent.destroy();
}

/** Claims of 100 with a million waiting against claims of 100 with a thousand waiting. */
async function measureClaims(hub: Pool): Promise<void> {
  const few = await medianClaimMs(hub, 3_000);
  const many = await medianClaimMs(hub, pending);
  const ratio = Math.round(many / few * 100) / 100;
  printResult({
    area: "delivery",
    bar: `claim of 100 with ${pending.toLocaleString("en")} waiting, time against 3,000`,
    ratio,
    limit: 1.5,
    holds: ratio <= 1.5,
    median_ms: Math.round(many * 100) / 100,
    runs: 20,
  });
}

async function medianClaimMs(hub: Pool, waiting: number): Promise<number> {
  await queue(hub, waiting);
  await hub.sql`analyze perigee.deliveries`;
  const times: number[] = [];
  for (let claim = 0; claim < 25; claim++) {
    const startedAt = performance.now();
    const claimed = await claimDeliveries(hub.sql, {
      sink: "receiver",
      claimant: "00000000-0000-4000-8000-000000000001",
      limit: 100,
      leaseMs: 60_000,
    });
    if (claimed.length !== 100) throw new Error(`claimed ${claimed.length} instead of 100`);
    if (claim >= 5) times.push(performance.now() - startedAt);
  }
  return median(times);
}
