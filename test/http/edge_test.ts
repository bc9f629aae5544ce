import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findDeno } from "../../scripts/find_deno.mjs";
import { PerigeeError } from "../../src/error.ts";
import { openEdgeApp } from "../../src/http/edge_app.ts";
import { dinaRow } from "../support/render_server.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";

const scope = { after };
const hub = await openTestHub(scope);
const shop = await openTestDatabase(
  scope,
  `create table promo_codes (
     id integer primary key, email text, name text, birthday timestamp, promo_code text
   );
   insert into promo_codes values
     (2, 'kozak@example.com', 'Dina Kozak', '2020-09-02', 'AAAA-BBBB-DDDD');`,
);
await hub.sql`insert into perigee.contacts (contact_id, email) values (1, 'kozak@example.com')`;

const root = fileURLToPath(new URL("../../", import.meta.url));
const env = {
  PERIGEE_CONFIG: `${root}config`,
  PERIGEE_HUB_URL: hub.url,
  SHOP_URL: shop.url,
  PERIGEE_TOKEN: "edge-token",
  SAMPLE_WEBHOOK_URL: "http://127.0.0.1:9",
  PERIGEE_LOG_LEVEL: "error",
};

const renderRequest = {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer edge-token" },
  body: JSON.stringify({ message: "birthday_greeting", contact: { email: "kozak@example.com" } }),
};

test("the shipped configuration renders the page's promo code without a daemon", async (t) => {
  const app = await openEdgeApp(env);
  t.after(() => app.close(0));
  const request = new Request("http://edge.example.com/render?debug", renderRequest);
  const body = await (await app.fetch(request, { remoteAddress: undefined })).json();
  assert.deepEqual(body.data, { promo_codes: [dinaRow] });
  assert.equal(body.subject, "Dina Kozak, a gift for your birthday");
  assert.match(body.html, /<strong>AAAA-BBBB-DDDD<\/strong>/);
  assert.match(body.text, /Your promo code: AAAA-BBBB-DDDD/);
});

test("health tells of hub, connectors and messages, and holds no secret", async (t) => {
  const app = await openEdgeApp(env);
  t.after(() => app.close(0));
  const get = (path: string, headers: Record<string, string> = {}) =>
    app.fetch(new Request(`http://127.0.0.1${path}`, { headers }), { remoteAddress: undefined });
  assert.equal((await get("/health/live")).status, 200);
  assert.equal((await get("/health/ready")).status, 200);
  assert.equal((await get("/health")).status, 401);
  const response = await get("/health", { authorization: "Bearer edge-token" });
  const text = await response.text();
  const report = JSON.parse(text);
  assert.deepEqual([report.status, report.reasons], ["ok", []]);
  assert.match(report.config.hash, /^[0-9a-f]{64}$/);
  assert.match(report.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual([report.hub.state, report.hub.tls], ["up", "Connection is not SSL-secured"]);
  assert.ok(report.hub.migration.startsWith("0"));
  assert.deepEqual(
    report.connectors.map(({ name, state, tls }: Record<string, string>) => ({
      name,
      state,
      tls,
    })),
    [{ name: "shop", state: "up", tls: "Connection is not SSL-secured" }],
  );
  assert.deepEqual(
    report.entities.map(({ name, state }: Record<string, string>) => ({ name, state })),
    [{ name: "message/birthday_greeting", state: "healthy" }],
  );
  for (const secret of ["edge-token", shop.target.password, "whsec_"]) {
    if (secret !== "") assert.ok(!text.includes(secret), "a secret is in /health");
  }
});

test("a dead connector makes it degraded and not unready, a dead hub unready", async (t) => {
  const dead = await openEdgeApp({ ...env, SHOP_URL: "postgres://u:p4ssw0rd@127.0.0.1:9/shop" });
  t.after(() => dead.close(0));
  const get = (app: typeof dead, path: string) =>
    app.fetch(
      new Request(`http://127.0.0.1${path}`, { headers: { authorization: "Bearer edge-token" } }),
      { remoteAddress: undefined },
    );
  assert.equal((await get(dead, "/health/ready")).status, 200);
  const text = await (await get(dead, "/health")).text();
  const report = JSON.parse(text);
  assert.equal(report.status, "degraded");
  assert.deepEqual([report.connectors[0].state, report.connectors[0].error.code], [
    "down",
    "PG202",
  ]);
  assert.ok(!text.includes("p4ssw0rd"));

  const alone = await openEdgeApp({
    ...env,
    PERIGEE_HUB_URL: "postgres://u:p4ssw0rd@127.0.0.1:9/hub",
  });
  t.after(() => alone.close(0));
  const ready = await get(alone, "/health/ready");
  assert.equal(ready.status, 503);
  assert.deepEqual((await ready.json()).reasons, ["the hub does not answer (PG202)"]);
  const render = await alone.fetch(new Request("http://127.0.0.1/render", renderRequest), {
    remoteAddress: undefined,
  });
  assert.deepEqual([render.status, render.headers.get("retry-after")], [503, "5"]);
});

test("a hub that no daemon has migrated is no hub yet", async (t) => {
  const empty = await openTestDatabase(t);
  const app = await openEdgeApp({ ...env, PERIGEE_HUB_URL: empty.url });
  t.after(() => app.close(0));
  const ready = await app.fetch(new Request("http://127.0.0.1/health/ready"), {
    remoteAddress: undefined,
  });
  assert.deepEqual([ready.status, (await ready.json()).reasons], [
    503,
    ["the hub is not migrated; start a daemon on it"],
  ]);
});

test("a configuration without a hub or with problems is refused with all of them", async () => {
  for (
    const [wrong, pattern] of [
      [{ PERIGEE_HUB_URL: "" }, /no hub\.url/],
      [{ PERIGEE_CONFIG: `${root}nowhere` }, /nowhere/],
      [{ SHOP_URL: "http://x" }, /PG1\d\d/],
    ] as const
  ) {
    await assert.rejects(openEdgeApp({ ...env, ...wrong }), (error) => {
      assert.ok(error instanceof PerigeeError && error.code === "PG913");
      assert.match(error.message, pattern);
      return true;
    });
  }
});

test("deno serve --parallel answers renders from several threads", async (t) => {
  const deno = findDeno();
  if (deno === undefined) return t.skip("there is no Deno for this machine");
  const args = ["serve", "--parallel", "--no-prompt", "--host=127.0.0.1", "--port=0"];
  const permissions = ["--allow-net", "--allow-read", "--allow-env", "--allow-sys"];
  const child = spawn(deno, [...args, ...permissions, `${root}src/edge.ts`], {
    cwd: root,
    env: { ...process.env, ...env, DENO_JOBS: "2", NO_COLOR: "1" },
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  t.after(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => output += chunk);
  const url = await waitFor("its address", () => {
    if (child.exitCode !== null) throw new Error(output);
    return /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
  }, 30_000);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => (await fetch(`${url}/render`, renderRequest)).json()),
  );
  assert.ok(answers.every(({ text }) => text.includes("AAAA-BBBB-DDDD")));
});
