/**
 * `npm run bench -- delivery [--events 20000] [--pending 1000000] [--changes 300]
 * [--only speed,queues,latency,claims] [--json]`: deliveries to a receiver that answers at once
 * against a bare keep-alive client that posts the same bodies, and beside job queues; the way from a
 * NOTIFY to the event at the receiver; and what a claim costs when a million deliveries wait.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/clock.ts";
import { startDeliveries } from "../src/event/delivery_worker.ts";
import type { Pool } from "../src/postgres/pool.ts";
import { openHubPool, webhookSink } from "../test/event/fixture.ts";
import type { Scope } from "../test/support/database.ts";
import { runtimeCommand } from "../test/support/runtime_command.ts";
import { measureClaims, queueEvents } from "./delivery_claims.ts";
import { reportQueues } from "./delivery_queues.ts";
import { measureLatency } from "./event_latency.ts";
import { withScope } from "./event_scope.ts";
import { pairedRatio, printResult } from "./paired.ts";
import { makePostClient, type PostClient } from "./post_client.ts";

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const events = Number(option("events") ?? 20_000);
const only = option("only")?.split(",");
const concurrency = 16;

/** Events that job queues get: some of them take minutes for more. */
const mostJobs = 5_000;

const isWanted = (part: string) => only === undefined || only.includes(part);

await withScope(async (scope) => {
  const hub = await openHubPool(scope);
  if (isWanted("speed") || isWanted("queues")) await measureSpeed(scope, hub);
  if (isWanted("latency")) await measureLatency(scope, Number(option("changes") ?? 300));
  if (isWanted("claims")) await measureClaims(hub, Number(option("pending") ?? 1_000_000));
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

async function measureSpeed(scope: Scope, hub: Pool): Promise<void> {
  const url = await startReceiver(scope);
  const client = makePostClient(url, concurrency);
  scope.after(() => client.close());
  await queueEvents(hub, events);
  const bodies = await readBodies(hub);
  if (isWanted("speed")) printResult(await compareWithClient(hub, url, bodies, client));
  if (!isWanted("queues")) return;
  const some = bodies.slice(0, mostJobs);
  const ours = {
    name: "Perigee",
    prepare: () => queueEvents(hub, some.length),
    deliver: () => deliverAll(hub, url, some.length),
  };
  await reportQueues(scope, ours, some, client);
}

async function readBodies({ sql }: Pool): Promise<string[]> {
  const rows = await sql<{ body: string }[]>`
    select json_build_object('eventTypeKey', event_type_key, 'keyValue', key_value,
      'params', params_json)::text as body from perigee.events order by event_id`;
  return rows.map((row) => row.body);
}

async function compareWithClient(
  hub: Pool,
  url: string,
  bodies: readonly string[],
  client: PostClient,
) {
  return await pairedRatio(
    `deliveries of ${events.toLocaleString("en")} events, speed against a bare keep-alive client`,
    0.7,
    () => deliverAll(hub, url, events),
    () => client.postAll(bodies),
    {
      area: "delivery",
      runs: Number(option("runs") ?? 5),
      prepare: () => queueEvents(hub, events),
    },
  );
}

async function deliverAll(hub: Pool, url: string, count: number): Promise<void> {
  let left = count;
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
