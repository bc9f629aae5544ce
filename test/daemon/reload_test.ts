import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
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
  const file = path.join(folder, "perigee.yaml");
  await writeFile(`${file}.new`, yaml(hub.url, shop.url, `${contactsOnly}\n${second}`));
  await rename(`${file}.new`, file);
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
  await writeFile(path.join(folder, "perigee.yaml"), yaml(hub.url, shop.url, broken));
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
  await writeFile(path.join(folder, "perigee.yaml"), yaml(hub.url, shop.url, contactsOnly));
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
  const file = path.join(folder, "perigee.yaml");
  await writeFile(file, yaml(hub.url, shop.url, `${contactsOnly}\n${second}`));
  await hub.sql`select pg_notify('perigee', 'reload')`;
  await daemon.waitForLine(
    "config_reloaded",
    ({ changed }) => String(changed) === "+export/second",
  );
  await writeFile(file, yaml(hub.url, shop.url, contactsOnly));
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
  await writeFile(path.join(folder, "perigee.yaml"), other);
  const refused = await daemon.waitForLine("config_refused");
  assert.match(String(refused["text"]), /^server\.host, server\.port: needs a restart/);
  const tokens = other.replace('port: 1, host: "::1"', "port: 0");
  await writeFile(path.join(folder, "perigee.yaml"), tokens);
  const taken = await daemon.waitForLine("config_reloaded");
  assert.deepEqual(taken["changed"], ["~server"]);
});
