import assert from "node:assert/strict";
import { test } from "node:test";
import { createRole } from "../support/checked_shop.ts";
import {
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

test("a customer's server without a connection left is told, and work goes on when it has some", async (t) => {
  const world = await openFaultWorld(t);
  const { sql } = world.shop;
  const { role, url } = await createRole(t, world.shop);
  await sql.unsafe(`grant all on schema public to ${role};
    grant select on all tables in schema public to ${role}`);
  const daemon = await startInWorld(t, world, { shop: url, parts });
  await waitForRoundTrip(world, "Before");
  await sql.unsafe(`alter role ${role} connection limit 0`);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`;
  const failure = await waitForFailure(daemon, "import/customers", "PG213");
  assert.match(failure.advice, /max_connections|connection limit/);
  await waitForFailure(daemon, "export/shop", "PG213");
  await sql.unsafe(`alter role ${role} connection limit -1`);
  await waitForRoundTrip(world, "Afterwards");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
