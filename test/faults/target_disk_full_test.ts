import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { assertEqualContent } from "../support/export_content.ts";
import { lastFirst } from "../support/last_first.ts";
import { openSmallTablespace } from "../support/mounted_disk.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRuns,
} from "./fault_world.ts";

test("a customer's full disk stops what does not fit, in words, and work goes on when there is room", async (t) => {
  const scope = lastFirst(t);
  const tablespace = await openSmallTablespace(scope, 24);
  if (tablespace === undefined) return t.skip("this process may not mount a small disk");
  const world = await openFaultWorld(scope);
  const { hub, shop } = world;
  await shop.sql.unsafe(`create schema small;
    create table small.ballast tablespace ${tablespace} as
      select n, repeat('x', 1000) as filler from generate_series(1, 12000) as n;
    alter role current_user in database ${quoteIdentifier(shop.target.database)}
      set default_tablespace = ${tablespace}`);
  await hub.sql`insert into perigee.contacts (email, first_name, last_name)
    select 'c' || n || '@example.com', repeat('x', 50), repeat('y', 50)
    from generate_series(1, 80000) as n`;
  await hub.sql`insert into perigee.orders (external_order_id) values ('small')`;
  const parts = "exports:\n  shop: { connector: shop, every: 1s }\n";
  const daemon = await startInWorld(scope, world, { parts });
  const failure = await waitForFailure(daemon, "export/shop", "PG510");
  assert.match(failure.message, /contacts/);
  const stopped = await daemon.waitForLine(
    "dataset_stopped",
    ({ error }) => (error as { code: string }).code === "PG260",
    deadlineMs,
  );
  assert.equal(stopped["dataset"], "contacts");
  const orders = await shop.sql`select "externalOrderId" as id from orders`;
  assert.deepEqual([...orders], [{ id: "small" }]);
  await shop.sql`drop table small.ballast`;
  await waitForRuns(daemon, ["export/shop"]);
  await waitFor("the tables to equal the hub", async () => {
    await assertEqualContent(hub.sql, shop.sql, "with room");
    return true;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
