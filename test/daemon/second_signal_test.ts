import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { openProxy } from "../support/proxy.ts";

test("the first signal waits for a hub that hangs, the second ends the daemon at once", async (t) => {
  const hub = await openTestHub(t);
  const proxy = await openProxy(hub.target);
  t.after(() => proxy.close());
  const url = new URL(hub.url);
  url.port = String(proxy.port);
  const folder = await writeConfig(
    t,
    `
hub: { url: "${url}" }
server: { port: 0, shutdown_timeout: 10m }
connectors:
  shop: { url: "${hub.url}", key: { column: email, field: email } }
imports:
  often: { connector: shop, table: migrations, schema: perigee, every: 1s, mapping: { email: name } }
`,
  );
  const daemon = spawnDaemon(t, { config: folder });
  await daemon.waitForLine("daemon_ready");
  await daemon.waitForLine("run_failed");
  proxy.stall();
  process.kill(daemon.pid, "SIGTERM");
  await daemon.waitForLine("daemon_stopping");
  const askedAt = performance.now();
  assert.equal(await daemon.end("SIGTERM"), 128 + 15, daemon.output());
  assert.ok(performance.now() - askedAt < 30_000, "far less than the ten minutes of the limit");
});
