import assert from "node:assert/strict";
import { cp, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { makeFolder, repository, spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { heldLock, holdLock } from "../support/held_lock.ts";
import { waitFor } from "../support/wait.ts";

const scope = { after };
const hub = await openTestHub(scope);
const shop = await openTestDatabase(
  scope,
  `create table customers (email text primary key);
   insert into customers values ('a@example.com');
   create view slow_customers as
     select email from customers, lateral (select pg_advisory_xact_lock(${heldLock})) as waited;`,
);
const config = await writeConfig(
  scope,
  `
hub: { url: "${hub.url}" }
server: { port: 0 }
connectors:
  shop: { url: "${shop.url}", key: { column: email, field: email } }
imports:
  quick: { connector: shop, table: customers, every: 1s, mapping: { email: email } }
  slow:
    { connector: shop, query: "select email from slow_customers", every: 1h, mapping: { email: email } }
messages:
  hello: { id: 1, subject: "Hello", text: "Hello, $!email" }
`,
);

/** The program as it is, with one migration more. */
async function makeNewerVersion(): Promise<string> {
  const folder = await makeFolder(scope);
  for (const name of ["src", "migrations", "package.json", "deno.json", "tsconfig.json"]) {
    await cp(path.join(repository, name), path.join(folder, name), { recursive: true });
  }
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  const migration = "create table perigee.of_the_newer_version (id integer primary key);";
  await writeFile(path.join(folder, "migrations/9001_create_newer.sql"), migration);
  return folder;
}

async function readHealth(url: string): Promise<{
  status: string;
  draining?: { code: string; message: string; advice: string };
}> {
  return await (await fetch(`${url}/health`)).json() as { status: string };
}

test("the older daemon finishes its runs, begins no others, and goes on rendering", async () => {
  const held = await holdLock(shop.sql);
  const older = spawnDaemon(scope, { config });
  const url = String((await older.waitForLine("daemon_ready"))["url"]);
  await older.waitForLine("run_finished", ({ name }) => name === "import/quick");
  await waitFor("the slow import to be at work", async () => {
    const [row] = await shop.sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return row;
  });

  const newer = spawnDaemon(scope, { config, program: await makeNewerVersion() });
  const outgrown = await older.waitForLine("hub_outgrown");
  assert.equal(outgrown["migration"], "9001_create_newer");
  assert.equal(outgrown["level"], "warn");
  const { status, draining } = await readHealth(url);
  assert.equal(status, "degraded");
  assert.equal(draining?.code, "PG303");
  assert.match(draining?.message ?? "", /9001_create_newer/);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  assert.equal(older.lines.some(({ kind }) => kind === "daemon_drained"), false);

  await held.release();
  await older.waitForLine("run_finished", ({ name }) => name === "import/slow");
  await older.waitForLine("daemon_drained");

  await newer.waitForLine("daemon_ready");
  const [{ newest = "0" } = {}] = await hub.sql<{ newest: string }[]>`
    select max(run_id)::text as newest from perigee.runs`;
  const daemons = await waitFor("three more ticks", async () => {
    const rows = await hub.sql<{ daemon: string }[]>`
      select daemon_id::text as daemon from perigee.runs
      where run_id > ${newest}::bigint and state = 'succeeded' and name = 'import/quick'`;
    return rows.length >= 3 ? new Set(rows.map(({ daemon }) => daemon)) : undefined;
  });
  assert.equal(daemons.size, 1, "one daemon runs everything");
  const finished = older.lines.findIndex(({ kind }) => kind === "daemon_drained");
  assert.deepEqual(
    older.lines.slice(finished + 1).filter(({ kind }) => String(kind).startsWith("run_")),
    [],
  );

  const rendered = await fetch(`${url}/render`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"message":"hello","contact":{"email":"a@example.com"}}',
  });
  assert.equal(rendered.status, 200, await rendered.text());
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^perigee_hub_outgrown 1$/m);
  assert.equal(await older.end("SIGTERM"), 0, older.output());
  assert.equal(await newer.end("SIGTERM"), 0, newer.output());
});

test("the older version does not start on that hub any more", async () => {
  const again = spawnDaemon(scope, { config });
  assert.equal(await again.end("SIGCONT"), 1);
  assert.match(again.output(), /PG302/);
});
