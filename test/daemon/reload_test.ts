import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openTestDatabase, openTestHub, type TestDatabase } from "../support/database.ts";
import { replaceConfig, spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";

function yaml(hub: string, shop: string, exports: string): string {
  return `
hub: { url: "${hub}" }
server: { port: 0 }
connectors:
  shop:
    url: "${shop}"
    key: { column: email, field: email }
exports:
${exports}
`;
}

const contactsOnly = `  first:
    connector: shop
    schema: first
    datasets: [contacts]
    every: 1h
    on_change: true`;
const second = `  second:
    connector: shop
    schema: second
    datasets: [contacts]
    every: 1h
    on_change: true`;

const schemas = "create schema first; create schema second;";

test("a changed file is taken up at a run boundary, and what changed is logged by name", async (t) => {
  const [hub, shop] = [await openTestHub(t), await openTestDatabase(t, schemas)];
  const folder = await writeConfig(t, yaml(hub.url, shop.url, contactsOnly));
  const daemon = spawnDaemon(t, { config: folder });
  await daemon.waitForLine("daemon_ready");
  await replaceConfig(folder, yaml(hub.url, shop.url, `${contactsOnly}\n${second}`));
  const line = await daemon.waitForLine("config_reloaded");
  assert.deepEqual(line["changed"], ["+export/second"]);
  await hub.sql`insert into perigee.contacts (email) values ('new@example.com')`;
  await waitFor("the contact in both exports", async () => {
    const [row] = await shop.sql`select
      (select count(*) from first.contacts) + (select count(*) from second.contacts) as rows`;
    return row?.["rows"] === "2" || undefined;
  });
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});

test("a broken file is refused with its problems, and the running configuration stays", async (t) => {
  const [hub, shop] = [await openTestHub(t), await openTestDatabase(t, schemas)];
  const folder = await writeConfig(t, yaml(hub.url, shop.url, contactsOnly));
  const daemon = spawnDaemon(t, { config: folder });
  const ready = await daemon.waitForLine("daemon_ready");
  const broken = contactsOnly.replace("datasets:", "dataset:");
  await replaceConfig(folder, yaml(hub.url, shop.url, broken));
  const refused = await daemon.waitForLine("config_refused");
  assert.match(String(refused["text"]), /perigee\.yaml:\d+:\d+/);
  assert.match(String(refused["text"]), /datasets/);
  const health = await (await fetch(`${ready["url"]}/health`)).json() as {
    status: string;
    config: { refused: { code: string } };
  };
  assert.equal(health.status, "degraded");
  assert.equal(health.config.refused.code, "PG920");
  await hub.sql`insert into perigee.contacts (email) values ('still@example.com')`;
  await waitFor("the contact in the export", async () => {
    const [row] = await shop.sql`select count(*) as rows from first.contacts`;
    return row?.["rows"] === "1" || undefined;
  });
  await replaceConfig(folder, yaml(hub.url, shop.url, contactsOnly));
  const taken = await daemon.waitForLine("config_reloaded");
  assert.deepEqual(taken["changed"], [], "the fault was taken back, nothing changed");
  const after = await (await fetch(`${ready["url"]}/health`)).json() as { status: string };
  assert.equal(after.status, "ok");
});

test("SIGHUP and a NOTIFY on the hub ask for a reload too", async (t) => {
  const [hub, shop] = [await openTestHub(t), await openTestDatabase(t, schemas)];
  const folder = await writeConfig(t, yaml(hub.url, shop.url, contactsOnly));
  const env = { PERIGEE_WATCH: "off" };
  const daemon = spawnDaemon(t, { config: folder, env });
  await daemon.waitForLine("daemon_ready");
  await daemon.waitForLine("listen_started", (line) => line["target"] === "hub");
  await replaceConfig(folder, yaml(hub.url, shop.url, `${contactsOnly}\n${second}`));
  await hub.sql`select pg_notify('perigee', 'reload')`;
  await daemon.waitForLine(
    "config_reloaded",
    ({ changed }) => String(changed) === "+export/second",
  );
  await replaceConfig(folder, yaml(hub.url, shop.url, contactsOnly));
  process.kill(daemon.pid, "SIGHUP");
  await daemon.waitForLine(
    "config_reloaded",
    ({ changed }) => String(changed) === "-export/second",
  );
});

test("an address is read at start alone, and a reload that changes it says so", async (t) => {
  const [hub, shop] = [await openTestHub(t), await openTestDatabase(t, schemas)];
  const folder = await writeConfig(t, yaml(hub.url, shop.url, contactsOnly));
  const daemon = spawnDaemon(t, { config: folder });
  await daemon.waitForLine("daemon_ready");
  const other = yaml(hub.url, shop.url, contactsOnly)
    .replace("port: 0", 'port: 1, host: "::1", tokens: [0123456789abcdef]');
  await replaceConfig(folder, other);
  const refused = await daemon.waitForLine("config_refused");
  assert.match(String(refused["text"]), /^server\.host, server\.port: needs a restart/);
  const tokens = other.replace('port: 1, host: "::1"', "port: 0");
  await replaceConfig(folder, tokens);
  const taken = await daemon.waitForLine("config_reloaded");
  assert.deepEqual(taken["changed"], ["~server"]);
});

test("a stream that runs at a reload finishes on the old pools, which close afterwards", async (t) => {
  const members = 3_000;
  const hub = await openTestHub(t);
  const shop = await openTestDatabase(
    t,
    `create table codes (id integer primary key, email text);
     create index on codes (lower(btrim(email)));
     insert into codes select n, 'person' || n || '@example.com' from generate_series(1, ${members}) n;`,
  );
  await hub.sql.unsafe(`
    insert into perigee.contacts (contact_id, email)
    select n, 'person' || n || '@example.com' from generate_series(1, ${members}) n;
    insert into perigee.segments (segment_id, name, evaluated_at, total, unmatched)
    values (7, 'everybody', now(), ${members}, 0);
    insert into perigee.segment_members (segment_id, contact_id, entered_at)
    select 7, n, now() from generate_series(1, ${members}) n;`);
  const folder = await writeConfig(t, renderYaml(hub.url, shop.url, 3));
  const daemon = spawnDaemon(t, { config: folder });
  const { url } = await daemon.waitForLine("daemon_ready");
  const response = await fetch(`${url}/render/segment`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message: "long", segment: "everybody" }),
  });
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  let text = new TextDecoder().decode((await reader.read()).value);
  const old = await sessionsOf(shop);
  assert.ok(old.length > 0);
  await replaceConfig(folder, renderYaml(hub.url, shop.url, 4));
  const line = await daemon.waitForLine("config_reloaded");
  assert.deepEqual(line["changed"], ["~connector/shop"]);
  const decoder = new TextDecoder();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text = (text + decoder.decode(chunk.value, { stream: true })).slice(-4_000);
  }
  const { summary } = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
  assert.deepEqual({ ...summary, durationMs: 0 }, {
    rendered: members,
    skipped: 0,
    failed: 0,
    durationMs: 0,
  });
  await waitFor("the end of the old pool's sessions", async () => {
    const left = (await sessionsOf(shop)).filter((pid) => old.includes(pid));
    return left.length === 0 || undefined;
  });
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});

/** 20 kB for each member: far more than sockets hold, so the stream runs while it is not read. */
function renderYaml(hub: string, shop: string, poolSize: number): string {
  return `
hub: { url: "${hub}" }
server: { port: 0 }
connectors:
  shop: { url: "${shop}", pool_size: ${poolSize}, key: { column: email, field: email } }
sources:
  codes: { id: 1, connector: shop, table: codes }
segments:
  everybody: { id: 7, where: { source: codes, conditions: { id: { isNull: false } } } }
messages:
  long: { id: 1, text: "$data.codes.size()#foreach($i in [1..2000])0123456789#end" }
`;
}

/** Process ids of the sessions that others have with a database. */
async function sessionsOf({ sql }: TestDatabase): Promise<string[]> {
  const rows = await sql`
    select pid::text from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and application_name like 'perigee%'`;
  return rows.map(({ pid }) => String(pid));
}
