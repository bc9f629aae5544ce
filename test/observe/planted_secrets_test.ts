import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { dispatch } from "../../src/cli/dispatch.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { makeProgram } from "../support/program_folder.ts";
import { always, openReceiver } from "../support/receiver.ts";
import { recordOutput } from "../support/transcript.ts";
import { waitFor } from "../support/wait.ts";

/** Every secret of this file's configuration begins with it. */
const mark = "planted-secret";

const scope = { after };
const hub = await openTestHub(scope);
const shop = await openTestDatabase(
  scope,
  `create schema copy; create table customers (email text primary key);
   insert into customers values ('a@example.com');`,
);
const { host: server, password } = new URL(hub.url);
const receiver = await openReceiver(scope, { script: always(500) });
const token = `${mark}-token`;

const yaml = `
hub: { url: "${hub.url}" }
server: { port: 0, tokens: [${token}, ${mark}-second-token] }
connectors:
  shop: { url: "${shop.url}", key: { column: email, field: email } }
  locked: { url: "postgres://nobody:${mark}-password@${server}/postgres", key: { column: email, field: email } }
  gone:
    url: "postgres://nobody:${mark}-other@127.0.0.1:1/gone"
    connect_timeout: 1s
    key: { column: email, field: email }
imports:
  customers: { connector: shop, table: customers, every: 1h, mapping: { email: email } }
  locked: { connector: locked, table: customers, every: 1h, mapping: { email: email } }
  gone: { connector: gone, table: customers, every: 1h, mapping: { email: email } }
exports:
  copy: { connector: shop, schema: copy, datasets: [contacts, events], every: 1h }
  broken: { connector: locked, schema: nowhere, datasets: [contacts], every: 1h }
sinks:
  hook:
    webhook: "${receiver.url}/${mark}-path/${mark}?key=${mark}-query"
    secrets: [${mark}-signing]
    headers: { x-api-key: ${mark}-header }
    auth: { bearer: ${mark}-bearer }
    allow_private: true
routes:
  - { pattern: ordered, sinks: [hook] }
messages:
  hello: { id: 1, subject: "Hello", text: "$!data.get('nothing').get(7)" }
alerts:
  webhooks: ["http://127.0.0.1:1/${mark}-alerts/long-enough"]
  secrets: [${mark}-alert-signing]
  allow_private: true
`;

const found: [where: string, text: string][] = [];
const told = (where: string, text: string) => {
  recordOutput(text);
  found.push([where, text]);
};

function assertNoSecret(): void {
  for (const [where, text] of found) {
    assert.ok(!text.includes(mark), `a planted secret is in ${where}: ${around(text, mark)}`);
    assert.ok(!text.includes(password), `the databases' password is in ${where}`);
  }
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 200), at + 60);
}

const folder = await writeConfig(scope, yaml);

async function perigee(...words: string[]): Promise<void> {
  const print = (text: string) => told(`perigee ${words.join(" ")}`, text);
  await dispatch(words, commands, {
    out: print,
    err: print,
    isTerminal: false,
    isErrTerminal: false,
    env: { PERIGEE_CONFIG: folder },
    signal: new AbortController().signal,
  });
}

test("no secret is in the log, the pages, the metrics or the tables of a daemon in trouble", async () => {
  const daemon = spawnDaemon(scope, { config: folder, env: { PERIGEE_LOG_LEVEL: "debug" } });
  const url = String((await daemon.waitForLine("daemon_ready"))["url"]);
  await hub.sql`insert into perigee.events (event_type_key, key_value) values ('ordered', '1')`;
  await daemon.waitForLine("delivery_attempted");
  for (const name of ["import/locked", "import/gone", "export/broken"]) {
    await daemon.waitForLine("run_failed", (line) => line["name"] === name);
  }
  await daemon.waitForLine("run_finished", ({ name }) => name === "export/copy");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  for (const place of ["/", "/health", "/health/ready", "/metrics", "/nowhere"]) {
    told(place, await (await fetch(`${url}${place}`, { headers })).text());
  }
  for (
    const body of [
      '{"message":"hello","contact":{"email":"a@example.com"}}',
      "{",
      '{"message":"x"}',
    ]
  ) {
    const answer = await fetch(`${url}/render?debug`, { method: "POST", headers, body });
    told("/render", await answer.text());
  }
  const wrong = { authorization: `Bearer ${mark}-wrong` };
  told("a refusal", await (await fetch(`${url}/metrics`, { headers: wrong })).text());

  await writeFile(
    path.join(folder, "perigee.yaml"),
    yaml.replace("tokens:", "tokns:"),
  );
  await daemon.waitForLine("config_refused");
  await perigee("check", "--offline");
  await writeFile(path.join(folder, "perigee.yaml"), yaml);
  await waitFor("the alerts", async () => {
    const rows = await hub.sql`select subject from perigee.alerts`;
    return rows.length >= 2 || undefined;
  }, 60_000);
  for (const [sql, where] of [[hub.sql, "the hub"], [shop.sql, "the shop"]] as const) {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('perigee', 'copy')`;
    for (const { name } of tables) {
      const rows = await sql.unsafe(`select to_jsonb(each)::text as row from ${name} as each`);
      told(`${where}: ${name}`, rows.map(({ row }) => String(row)).join("\n"));
    }
  }
  assert.equal(await daemon.end("SIGTERM"), 0);
  told("the log", daemon.output());
  assert.ok(daemon.lines.length > 20);
  assertNoSecret();
});

test("no secret is in what commands print, for people and for programs", async () => {
  const before = found.length;
  const names = [
    "import/customers",
    "import/locked",
    "import/gone",
    "export/copy",
    "export/broken",
  ];
  for (const json of [[], ["--json"]]) {
    await perigee("check", ...json);
    await perigee("status", ...json);
    for (const name of names) await perigee("run", name, ...json);
    await perigee("plan", "export/copy", ...json);
    await perigee("verify", "export/copy", ...json);
    await perigee("grants", "shop", "--for", "export", ...json);
    await perigee("grants", "locked", "--for", "source", ...json);
    await perigee("explain", "a@example.com", ...json);
    await perigee("render", "hello", "--contact", "a@example.com", ...json);
    await perigee("replay", "--preview", ...json);
    await perigee("health", ...json);
  }
  assert.ok(found.length > before + 40);
  assertNoSecret();
});

test("no secret is in what a daemon says that cannot start", async (t) => {
  const faults = [
    yaml.replace(`${server}/`, "127.0.0.1:1/"),
    yaml.replace(hub.url, `postgres://nobody:${mark}-hub@${server}/postgres`),
    yaml.replace(hub.url, `postgres://nobody:${mark}-hub@bad host/x`),
    yaml.replace("host", `pasword: ${mark}-typo\\nhost`).replace(
      "hub: {",
      `hub: { pasword: "${mark}-typo",`,
    ),
    `hub: "postgres://nobody:${mark}-scalar@${server}/postgres"\n`,
    `hub: { url: "${hub.url}"\n  tokens: [${mark}-unclosed\n`,
  ];
  for (const fault of faults) {
    const daemon = spawnDaemon(t, { config: await writeConfig(t, fault) });
    await waitFor("it to end", () => daemon.hasEnded() || undefined, 60_000);
    told(`a start with ${faults.indexOf(fault)}`, daemon.output());
    assert.ok(daemon.output().length > 20);
  }
  assertNoSecret();
});

test("no secret is in what a crash prints", async (t) => {
  const fault = `setTimeout(() => {
    throw new TypeError("it broke at ${token}", { cause: new Error("${mark}-signing ${password}") });
  }, 5_000);`;
  const daemon = spawnDaemon(t, {
    config: await writeConfig(t, yaml),
    program: await makeProgram(t, fault),
  });
  await daemon.waitForLine("daemon_ready");
  await waitFor("the crash", () => daemon.hasEnded() || undefined, 60_000);
  assert.match(daemon.output(), /PG990 .*\nTypeError: it broke at \[secret\]/);
  told("a crash", daemon.output());
  assertNoSecret();
});
