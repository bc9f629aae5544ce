import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { openTestDatabase, openTestHub, testTarget } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";

const hub = await openTestHub({ after });
// The role goes with the run's cluster.
const reader = `reader_${randomBytes(4).toString("hex")}`;
const shop = await openTestDatabase(
  { after },
  `create table customers (email text primary key, name text);
   insert into customers values ('ada@example.com', 'Ada'), ('bo@example.com', 'Bo');
   create table secrets (email text primary key);
   create role ${reader} login password 'reads-only';
   grant usage on schema public to ${reader};
   grant select on customers to ${reader};`,
);

const { host, port, database } = testTarget(shop.url);
const readerUrl = `postgres://${reader}:reads-only@${host}:${port}/${database}`;

const folder = await writeConfig(
  { after },
  `
hub: { url: "${hub.url}" }
server: { port: 0, tokens: [a-token-for-tests] }
connectors:
  good: { url: "${shop.url}", key: { column: email, field: email } }
  reader: { url: "${readerUrl}", key: { column: email, field: email } }
  wrong_password:
    url: "${readerUrl.replace("reads-only", "not-the-password")}"
    key: { column: email, field: email }
  unreachable:
    url: "postgres://nobody:nothing@127.0.0.1:9/nowhere"
    key: { column: email, field: email }
imports:
  good: { connector: good, table: customers, every: 1s, mapping: { email: email, firstName: name } }
  no_table: { connector: good, table: costumers, every: 1h, mapping: { email: email } }
  no_grant: { connector: reader, table: secrets, every: 1h, mapping: { email: email } }
  no_login: { connector: wrong_password, table: customers, every: 1h, mapping: { email: email } }
  no_host: { connector: unreachable, table: customers, every: 1h, mapping: { email: email } }
messages:
  good: { id: 1, text: "Hello $!contact.firstName" }
  broken: { id: 2, text: "#if($contact.email) never closed" }
exports:
  good: { connector: good, datasets: [contacts], on_change: true, every: 1h }
  no_grant: { connector: reader, schema: nowhere, datasets: [contacts], every: 1h }
`,
);
const daemon = spawnDaemon({ after }, { config: folder });
const { url } = await daemon.waitForLine("daemon_ready");

/** The error of the newest run of a name, once it has one. */
function failureOf(name: string): Promise<{ code: string; message: string; advice: string }> {
  return waitFor(`the failure of ${name}`, async () => {
    const [row] = await hub.sql<{ code: string; message: string; advice: string }[]>`
      select error_code as code, error_message as message, error_advice as advice
      from perigee.runs where name = ${name} and state = 'failed' limit 1`;
    return row;
  }, 60_000);
}

const wanted: readonly (readonly [string, RegExp, RegExp])[] = [
  ["import/no_table", /costumers/, /table|schema|name/i],
  ["import/no_grant", /secrets/, /grant/i],
  ["import/no_login", /wrong_password .*password/, /password/i],
  ["import/no_host", /unreachable .*nothing accepts connections/, /host and port/i],
  ["export/no_grant", /nowhere/, /schema|grant/i],
];

for (const [name, message, advice] of wanted) {
  test(`${name} fails in one sentence with what to do`, async () => {
    const failure = await failureOf(name);
    assert.match(failure.message, message);
    assert.match(failure.advice, advice);
    assert.equal(failure.message.includes("\n"), false);
    assert.equal(/not-the-password|reads-only/.test(failure.message + failure.advice), false);
  });
}

test("what is not broken goes on", async () => {
  await waitFor("both contacts in the exported table", async () => {
    const [row] = await shop.sql<{ rows: number }[]>`
      select case when to_regclass('contacts') is null then 0
        else (xpath('/row/c/text()', query_to_xml('select count(*) as c from contacts',
          false, true, '')))[1]::text::int end as rows`;
    return row?.rows === 2 || undefined;
  }, 60_000);
  await shop.sql`insert into customers values ('cy@example.com', 'Cy')`;
  await waitFor("the third contact", async () => {
    const rows = await shop.sql`select 1 from contacts where email = 'cy@example.com'`;
    return rows.length === 1 || undefined;
  }, 60_000);
});

test("a broken template answers its place, and other messages render", async () => {
  const headers = {
    "Authorization": "Bearer a-token-for-tests",
    "Content-Type": "application/json",
  };
  const ask = (message: string) =>
    fetch(`${url}/render`, {
      method: "POST",
      headers,
      body: JSON.stringify({ message, contact: { email: "ada@example.com" } }),
    });
  const broken = await ask("broken");
  const problem = await broken.json() as { code: string; detail: string; line: number };
  assert.equal(broken.status, 422);
  assert.equal(problem.code, "PG801");
  assert.equal(problem.line, 1);
  const good = await ask("good");
  assert.deepEqual(await good.json(), { text: "Hello Ada" });
});

test("health is degraded and names each thing that is broken", async () => {
  const answer = await fetch(`${url}/health`);
  assert.equal(answer.status, 200);
  const health = await answer.json() as {
    status: string;
    connectors: { name: string; state: string }[];
    entities: { name: string; state: string }[];
  };
  assert.equal(health.status, "degraded");
  const down = health.connectors.filter(({ state }) => state === "down").map(({ name }) => name);
  assert.deepEqual(down.sort(), ["unreachable", "wrong_password"]);
  const bad = health.entities.filter(({ state }) => state === "failing" || state === "broken");
  assert.deepEqual(bad.map(({ name }) => name).sort(), [
    "export/no_grant",
    "import/no_grant",
    "import/no_host",
    "import/no_login",
    "import/no_table",
    "message/broken",
  ]);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
});

test("no password is in anything that was printed, and SIGTERM still ends it in order", async () => {
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  assert.equal(/not-the-password|reads-only|a-token-for-tests/.test(daemon.output()), false);
});
