import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";

const scope = { after };
const token = "token-of-the-page";
const hub = await openTestHub(scope);
const shop = await openTestDatabase(
  scope,
  `create schema copy; create table customers (email text primary key, first_name text);
   insert into customers values ('a@example.com', 'A'), ('b@example.com', 'B');`,
);
const receiver = await openReceiver(scope);

function yaml(host: string, tokens: string): string {
  return `
hub: { url: "${hub.url}" }
server: { host: "${host}", port: 0, tokens: [${tokens}] }
connectors:
  shop: { url: "${shop.url}", key: { column: email, field: email } }
  gone:
    url: "postgres://nobody:hidden-password@127.0.0.1:1/gone"
    connect_timeout: 1s
    key: { column: email, field: email }
imports:
  customers:
    connector: shop
    table: customers
    every: 1h
    max_staleness: 2h
    mapping: { email: email, firstName: first_name }
  broken: { connector: gone, table: customers, every: 1h, mapping: { email: email } }
exports:
  copy: { connector: shop, schema: copy, datasets: [contacts], every: 1h, on_change: true }
sinks:
  hook: { webhook: "${receiver.url}", secrets: [whsec_aGlkZGVuLXNlY3JldA==], allow_private: true }
`;
}

const folder = await writeConfig(scope, yaml("127.0.0.1", token));
const daemon = spawnDaemon(scope, { config: folder });
const url = String((await daemon.waitForLine("daemon_ready"))["url"]);
await daemon.waitForLine("run_finished", ({ name }) => name === "import/customers");
await daemon.waitForLine("run_failed", ({ name }) => name === "import/broken");

async function readPage(): Promise<string> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  return await answer.text();
}

test("the page is behind the token, which a browser may send as a password", async () => {
  const basic = (password: string) =>
    `Basic ${Buffer.from(`anybody:${password}`).toString("base64")}`;
  const status = async (authorization: string, path = "/") => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization } });
    await answer.text();
    return answer.status;
  };
  assert.deepEqual(
    [await status(basic(token)), await status(`Bearer ${token}`), await status(basic("wrong"))],
    [200, 200, 401],
  );
  assert.equal(await status(basic(token), "/metrics"), 401);
  const answer = await fetch(url);
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  assert.equal((await answer.json() as { code: string }).code, "PG901");
  const posted = await fetch(url, { method: "POST" });
  await posted.text();
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
});

test("the page allows exactly the script and the style that it brings", async () => {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const page = await answer.text();
  const policy = answer.headers.get("content-security-policy") ?? "";
  for (const tag of ["script", "style"]) {
    const found = [...page.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, "g"))];
    assert.equal(found.length, 1);
    const hash = createHash("sha256").update(found[0]?.[1] ?? "").digest("base64");
    assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), policy);
  }
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(page, /\s(src|style|on\w+)="/);
  assert.doesNotMatch(page, /https?:\/\//);
});

test("it shows what runs, how old it is, what is down and what to do", async () => {
  const page = await waitFor("the moved rows", async () => {
    const text = await readPage();
    return /2 rows in the last 24 hours/.test(text) ? text : undefined;
  }, 40_000);
  assert.match(page, /things need attention/);
  assert.match(page, /<b>connector\/gone<\/b>/);
  assert.match(page, /Connection is not SSL-secured/);
  assert.match(
    page,
    /customers<div class="faint">import<\/div><\/td><td class="end"><span class="state good">healthy/,
  );
  assert.match(
    page,
    /broken<div class="faint">import<\/div><\/td><td class="end"><span class="state (bad|busy)">/,
  );
  assert.match(page, /<span class="faint">of 2 h<\/span>/);
  assert.match(page, /Recent errors/);
});

test("what is too old, given up or held is said at the top", async () => {
  await hub.sql`update perigee.runs set started_at = now() - interval '3 hours',
    finished_at = now() - interval '3 hours' where name = 'import/customers'`;
  await hub.sql`insert into perigee.deliveries (event_id, sink, state, finished_at)
    values (1, 'hook', 'dead', now()), (2, 'hook', 'dead', now())`;
  await hub.sql`insert into perigee.sinks (name, state, reason)
    values ('hook', 'disabled', 'answered <b>410</b>')
    on conflict (name) do update set state = excluded.state, reason = excluded.reason`;
  const page = await readPage();
  assert.match(page, /last succeeded 3 h ago; its max_staleness is 2 h/);
  assert.match(page, /<b>sink\/hook<\/b> gave up 2 events/);
  assert.match(page, /perigee replay --sink hook/);
  assert.match(page, /answered &lt;b&gt;410&lt;\/b&gt;/);
  const health = await (await fetch(`${url}/health`)).json() as {
    entities: { name: string; state: string; freshness: { maxStalenessSeconds: number } }[];
  };
  const stale = health.entities.find(({ name }) => name === "import/customers");
  assert.deepEqual([stale?.state, stale?.freshness.maxStalenessSeconds], ["stale", 7_200]);
});

test("markup in the database is shown as text, and no secret is on the page", async () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;
  await hub.sql`update perigee.runs set error_message = ${hostile}, error_advice = ${hostile},
    error_code = ${hostile}, state = 'failed', finished_at = now(), retry_at = null
    where name = 'export/copy'`;
  const page = await readPage();
  assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  assert.equal(page.split("<script").length, 2);
  assert.ok(!page.includes("<img"));
  for (const secret of [token, "hidden-password", "aGlkZGVuLXNlY3JldA"]) {
    assert.ok(!page.includes(secret), `${secret} is on the page`);
  }
});

test("without tokens a server on loopback shows the page, but not under a foreign name", async (t) => {
  const open = spawnDaemon(t, { config: await writeConfig(t, yaml("127.0.0.1", "")) });
  const at = String((await open.waitForLine("daemon_ready"))["url"]);
  const answer = await fetch(at);
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /Perigee/);
});
