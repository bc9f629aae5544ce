import assert from "node:assert/strict";
import { test } from "node:test";
import { openProxy } from "../support/proxy.ts";
import { replaceConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  faultYaml,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

const second = "  second: { connector: shop, schema: second, every: 30d, datasets: [contacts] }\n";

test("a configuration that is reloaded while the hub is away runs when it is back, old parts and new", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await shop.sql`create schema second`;
  const proxy = await openProxy(hub.target);
  t.after(() => proxy.close());
  const url = new URL(hub.url);
  url.port = String(proxy.port);
  const daemon = await startInWorld(t, world, { hub: url.href, parts });
  await waitForRoundTrip(world, "Before");
  proxy.refuse(true);
  proxy.cut();
  await daemon.waitForLine("listen_failed", ({ target }) => target === "hub", deadlineMs);
  await replaceConfig(daemon.folder, faultYaml(world, { hub: url.href, parts: parts + second }));
  const reloaded = await daemon.waitForLine("config_reloaded", undefined, deadlineMs);
  assert.deepEqual(reloaded["changed"], ["+export/second"]);
  proxy.refuse(false);
  await waitForRoundTrip(world, "Afterwards");
  await waitFor("what the new export missed", async () => {
    const rows = await shop.sql`select email from second.contacts order by email`;
    const wanted = await hub.sql`select email from perigee.contacts order by email`;
    assert.deepEqual([...rows], [...wanted]);
    return true;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
