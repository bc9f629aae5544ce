import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEqualContent } from "../support/export_content.ts";
import { openProxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, openFaultWorld, startInWorld } from "./fault_world.ts";

/** Only changes of the hub make it run: its schedule is far away. */
const parts = "exports:\n  shop: { connector: shop, every: 30d, on_change: true }\n";

test("a daemon whose LISTEN went deaf without a word still exports changes, by its own looks", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  const proxy = await openProxy(hub.target);
  t.after(() => proxy.close());
  const direct = new URL(hub.url);
  direct.port = String(proxy.port);
  const hubLines = `  direct: "${direct.href}"`;
  const daemon = await startInWorld(t, world, { parts, hubLines });
  await daemon.waitForLine("listen_started", ({ target }) => target === "hub", deadlineMs);
  await daemon.waitForLine("run_finished", ({ name }) => name === "export/shop", deadlineMs);
  proxy.stall();
  await hub.sql`insert into perigee.contacts (email) values ('unheard@example.com')`;
  await waitFor("the contact in the exported table", async () => {
    await assertEqualContent(hub.sql, shop.sql, "deaf");
    return true;
  }, deadlineMs);
  await daemon.waitForLine("listen_failed", ({ target }) => target === "hub", deadlineMs);
  proxy.resume();
  await waitFor("the daemon to listen again", () => {
    const started = daemon.lines.filter(({ kind }) => kind === "listen_started");
    return started.length === 2 || undefined;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
