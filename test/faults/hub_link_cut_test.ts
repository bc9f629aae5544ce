import assert from "node:assert/strict";
import { test } from "node:test";
import { openProxy, type Proxy } from "../support/proxy.ts";
import {
  deadlineMs,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
  waitForRuns,
  withoutTriggers as parts,
} from "./fault_world.ts";

interface Failure {
  readonly what: string;
  breakLinks(proxy: Proxy): void;
  mendLinks(proxy: Proxy): void;
}

const failures: readonly Failure[] = [{
  what: "cut and refused",
  breakLinks(proxy) {
    proxy.refuse(true);
    proxy.cut();
  },
  mendLinks: (proxy) => proxy.refuse(false),
}, {
  what: "half-open until it is lost",
  breakLinks: (proxy) => proxy.stall(),
  mendLinks(proxy) {
    proxy.resume();
    proxy.cut();
  },
}];

for (const { what, breakLinks, mendLinks } of failures) {
  test(`while one daemon's link to the hub is ${what}, another does the work; afterwards both do`, async (t) => {
    const world = await openFaultWorld(t);
    const proxy = await openProxy(world.hub.target);
    t.after(() => proxy.close());
    const url = new URL(world.hub.url);
    url.port = String(proxy.port);
    const daemon = await startInWorld(t, world, { hub: url.href, parts });
    await daemon.waitForLine("run_finished", ({ name }) => name === "export/shop", deadlineMs);
    await waitForRoundTrip(world, "Before");
    breakLinks(proxy);
    const other = await startInWorld(t, world, { parts });
    await waitForRoundTrip(world, "Meanwhile");
    mendLinks(proxy);
    await waitForRuns(daemon);
    assert.equal(await other.end("SIGTERM"), 0, other.output());
    await waitForRoundTrip(world, "Afterwards");
    assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  });
}
