import { performance } from "node:perf_hooks";
import { openReceiver } from "../test/support/receiver.ts";
import { openTestDatabase, openTestHub, type Scope } from "../test/support/database.ts";
import { spawnDaemon, writeConfig } from "../test/support/daemon_process.ts";
import { median, printResult } from "./paired.ts";

const customers = 2_000;
const warmUp = 20;
const channel = "codes_changed";

/** Longest wait for one event, ms: beyond it the run has failed. */
const longestMs = 30_000;

const shopSql = `
  create table codes (id integer primary key, email text not null, code text, is_lucky boolean);
  create index on codes (lower(email));
  insert into codes select n, 'c' || n || '@example.com', 'CODE-' || n, false
    from generate_series(1, ${customers}) as n`;

/**
 * From the commit of one row with a NOTIFY in the customer's database to the event with that row at
 * a receiver: a daemon in a process of its own hears it, evaluates the segment, makes the event of
 * the contact that came in, and delivers it. No debounce.
 */
export async function measureLatency(scope: Scope, changes: number): Promise<void> {
  const hub = await openTestHub(scope);
  const shop = await openTestDatabase(scope, shopSql);
  await hub.sql.unsafe(`
    insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, ${customers}) as n`);
  const arrived = new Map<string, (atMs: number) => void>();
  const receiver = await openReceiver(scope, {
    script: ({ body }) => {
      arrived.get(JSON.parse(body).params[1].value)?.(performance.now());
      return { kind: "status", status: 204 };
    },
  });
  const yaml = daemonYaml(hub.url, shop.url, receiver.url);
  const daemon = spawnDaemon(scope, { config: await writeConfig(scope, yaml) });
  await daemon.waitForLine("daemon_ready");
  const times: number[] = [];
  for (let change = 1; change <= changes + warmUp; change++) {
    const email = `c${change}@example.com`;
    const event = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no event within ${longestMs} ms: ${daemon.output()}`)),
        longestMs,
      );
      arrived.set(email, (atMs) => (clearTimeout(timer), resolve(atMs)));
    });
    await shop.sql.unsafe(`
      update codes set is_lucky = true where id = ${change}; notify ${channel}`);
    const committedAt = performance.now();
    const elapsed = await event - committedAt;
    if (change > warmUp) times.push(elapsed);
  }
  await daemon.end("SIGTERM");

  if (receiver.requests.length !== changes + warmUp) {
    throw new Error(`${receiver.requests.length} requests for ${changes + warmUp} contacts`);
  }
  report(times, 0.5, 60);
  report(times, 0.99, 300);
}

function report(times: readonly number[], share: number, limit: number): void {
  const sorted = [...times].sort((one, other) => one - other);
  const found = sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  printResult({
    area: "delivery",
    bar: `NOTIFY to the event at the receiver, p${share * 100} in ms`,
    ratio: Number(found.toPrecision(4)),
    limit,
    holds: found <= limit,
    median_ms: Number(median(sorted).toPrecision(4)),
    runs: times.length,
  });
}

function daemonYaml(hubUrl: string, shopUrl: string, receiverUrl: string): string {
  return `
hub: { url: "${hubUrl}" }
server: { port: 0 }
connectors:
  shop: { url: "${shopUrl}", key: { column: email, field: email } }
sources:
  codes: { id: 1043, connector: shop, table: codes }
segments:
  lucky:
    id: 7
    listen: ${channel}
    debounce: 0s
    where: { source: codes, conditions: { is_lucky: true } }
triggers:
  lucky: { segment: lucky, on: notify, entering: true, sources: [codes], sinks: [hook] }
sinks:
  hook: { webhook: "${receiverUrl}", secrets: ["a secret of the benchmark"], allow_private: true }
`;
}
