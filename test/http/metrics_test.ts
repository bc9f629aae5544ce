import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";

const scope = { after };
const hub = await openTestHub(scope);
const shop = await openTestDatabase(
  scope,
  `create table customers (email text primary key);
   insert into customers values ('a@example.com'), ('b@example.com');`,
);
const config = await writeConfig(
  scope,
  `
hub: { url: "${hub.url}" }
server: { port: 0 }
connectors:
  shop: { url: "${shop.url}", key: { column: email, field: email } }
imports:
  customers:
    { connector: shop, table: customers, every: 1h, max_staleness: 2h, mapping: { email: email } }
sinks:
  hook: { webhook: "http://127.0.0.1:9/hook", secrets: [abc], allow_private: true }
`,
);
const daemon = spawnDaemon(scope, { config });
const url = String((await daemon.waitForLine("daemon_ready"))["url"]);
await daemon.waitForLine("run_finished", ({ name }) => name === "import/customers");

async function scrape(): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
}

test("a scrape tells health one-hot, the age of data and its limit", async () => {
  const found = await waitFor("a healthy scrape", async () => {
    const metrics = await scrape();
    return metrics.get('perigee_status{state="ok"}') === 1 ? metrics : undefined;
  });
  const states = [...found].filter(([name]) =>
    name.startsWith('perigee_health{name="import/customers"')
  );
  assert.equal(states.length, 7);
  assert.deepEqual(states.filter(([, value]) => value === 1).map(([name]) => name), [
    'perigee_health{name="import/customers",state="healthy"}',
  ]);
  assert.equal(found.get('perigee_data_age_limit_seconds{name="import/customers"}'), 7_200);
  const age = found.get('perigee_data_age_seconds{name="import/customers"}');
  assert.ok(age !== undefined && age >= 0 && age < 60, String(age));
  assert.equal(found.get("perigee_hub_up"), 1);
  assert.ok((found.get("process_resident_memory_bytes") ?? 0) > 10_000_000);
});

test("a scrape counts what waits, is tried again and was given up for a sink", async () => {
  await hub.sql`
    insert into perigee.deliveries (event_id, sink, state, finished_at, attempts, due_at, created_at)
    values (1, 'hook', 'pending', null, 0, now() + interval '1 hour', now() - interval '90 seconds'),
      (2, 'hook', 'pending', null, 3, now() + interval '1 hour', now()),
      (3, 'hook', 'pending', null, 1, now() + interval '1 hour', now()),
      (4, 'hook', 'dead', now(), 16, now(), now())`;
  const metrics = await scrape();
  const of = (state: string) => metrics.get(`perigee_sink_events{sink="hook",state="${state}"}`);
  assert.deepEqual([of("waiting"), of("retrying"), of("dead")], [1, 2, 1]);
  const oldest = metrics.get('perigee_sink_oldest_seconds{sink="hook"}') ?? 0;
  assert.ok(oldest >= 90 && oldest < 150, String(oldest));
});

test("the event loop is measured while the daemon runs", async () => {
  await waitFor("two measurements", async () => {
    const count = (await scrape()).get("perigee_event_loop_lag_seconds_count") ?? 0;
    return count >= 2 || undefined;
  });
});
