import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestDatabase } from "../support/database.ts";
import { assertEqualContent } from "../support/export_content.ts";
import { openProxy, type Proxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, openFaultWorld, startInWorld, through } from "./fault_world.ts";

interface Failure {
  readonly what: string;
  breakLinks(proxy: Proxy): void;
  mendLinks(proxy: Proxy): void;
}

const failures: readonly Failure[] = [{
  what: "gone for a while",
  breakLinks(proxy) {
    proxy.refuse(true);
    proxy.cut();
  },
  mendLinks: (proxy) => proxy.refuse(false),
}, {
  what: "half-open",
  breakLinks: (proxy) => proxy.stall(),
  mendLinks(proxy) {
    proxy.resume();
    proxy.cut();
  },
}, {
  what: "slow",
  breakLinks: (proxy) => proxy.throttle(5_000),
  mendLinks: (proxy) => proxy.throttle(Infinity),
}];

test("a customer whose database is gone, half-open or slow delays no other, and gets all when it is back", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  const store = await openTestDatabase(t);
  const proxy = await openProxy(shop.target);
  t.after(() => proxy.close());
  const parts = `
exports:
  shop: { connector: shop, every: 1s, on_change: true }
  store: { connector: store, every: 1s, on_change: true }
`;
  const shopLines = `  store: { url: "${store.url}", key: { column: email, field: email } }`;
  const daemon = await startInWorld(t, world, { shop: through(proxy, shop), shopLines, parts });
  const inStep = (database: typeof shop, what: string) =>
    waitFor(`tables that equal the hub: ${what}`, async () => {
      await assertEqualContent(hub.sql, database.sql, what);
      return true;
    }, deadlineMs);
  await inStep(shop, "at first");
  await inStep(store, "at first");
  for (const { what, breakLinks, mendLinks } of failures) {
    breakLinks(proxy);
    for (const word of ["one", "two", "three"]) {
      await hub.sql`insert into perigee.contacts (email, first_name)
        select gen_random_uuid() || '@example.com', ${word} from generate_series(1, 200)`;
      await inStep(store, what);
    }
    const [late] = await shop.sql<{ rows: number }[]>`
      select count(*)::integer as rows from contacts where "firstName" = 'three'`;
    const [all] = await hub.sql<{ rows: number }[]>`
      select count(*)::integer as rows from perigee.contacts where first_name = 'three'`;
    assert.ok((late?.rows ?? 0) < (all?.rows ?? 0), `the shop was to be behind: ${what}`);
    mendLinks(proxy);
    await inStep(shop, `after ${what}`);
  }
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
