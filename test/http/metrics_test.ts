import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";

const scope = { after };
const hub = await openTestHub(scope);
const shop = await openTestDatabase(
  scope,
  `create schema copy; create table customers (email text primary key);
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
exports:
  copy: { connector: shop, schema: copy, datasets: [contacts, orders], every: 1h }
sinks:
  hook: { webhook: "http://127.0.0.1:9/hook", secrets: [abc], allow_private: true }
`,
);
const daemon = spawnDaemon(scope, { config });
const url = String((await daemon.waitForLine("daemon_ready"))["url"]);
await daemon.waitForLine("run_finished", ({ name }) => name === "import/customers");
await daemon.waitForLine("run_finished", ({ name }) => name === "export/copy");

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

test("a scrape tells the age of each dataset of an export, and the bytes that were moved", async () => {
  const metrics = await scrape();
  for (const dataset of ["contacts", "orders"]) {
    const age = metrics.get(`perigee_dataset_age_seconds{name="export/copy",dataset="${dataset}"}`);
    assert.ok(age !== undefined && age >= 0 && age < 120, String(age));
  }
  const labels = '{name="export/copy",dataset="contacts"}';
  assert.ok((metrics.get(`perigee_bytes_total${labels}`) ?? 0) > 0);
  await hub.sql`update perigee.export_cursors set read_at = now() - interval '1 hour'
    where dataset = 'orders'`;
  await hub.sql`update perigee.runs set counts = counts || '{"partial": 1}'
    where name = 'export/copy'`;
  const later = await scrape();
  const age = later.get('perigee_dataset_age_seconds{name="export/copy",dataset="orders"}');
  assert.ok(age !== undefined && age >= 3_600, String(age));
});

test("a scrape tells how pools are used and when the daemon last heard itself", async () => {
  const metrics = await scrape();
  for (const [target, limit] of [["hub", 10], ["shop", 4]] as const) {
    const of = (state: string) =>
      metrics.get(`perigee_pool_connections{target="${target}",state="${state}"}`) ?? Number.NaN;
    assert.ok(of("in_use") >= 0 && of("in_use") + of("idle") >= 1, target);
    assert.equal(metrics.get(`perigee_pool_waiting{target="${target}"}`), 0);
    assert.equal(metrics.get(`perigee_pool_limit{target="${target}"}`), limit);
  }
  const heardAt = await waitFor(
    "a heartbeat",
    async () => (await scrape()).get('perigee_listen_heard_timestamp_seconds{target="hub"}'),
  );
  assert.ok(Math.abs(Date.now() / 1_000 - heardAt) < 60, String(heardAt));
});
