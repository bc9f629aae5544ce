import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceConfig } from "../support/daemon_process.ts";
import { createRole } from "../support/checked_shop.ts";
import {
  deadlineMs,
  faultYaml,
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

test("a password that was changed stops its connector until the configuration has the new one", async (t) => {
  const world = await openFaultWorld(t);
  const { sql } = world.shop;
  const { role, url } = await createRole(t, world.shop);
  await sql.unsafe(`grant all on schema public to ${role};
    grant select on all tables in schema public to ${role}`);
  const daemon = await startInWorld(t, world, { shop: url, parts });
  await waitForRoundTrip(world, "Before");
  await sql.unsafe(`alter role ${role} password 'rotated secret'`);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`;
  const failure = await waitForFailure(daemon, "import/customers", "PG210");
  assert.match(failure.advice, /password/);
  const rotated = url.replace(new URL(url).password, encodeURIComponent("rotated secret"));
  await replaceConfig(daemon.folder, faultYaml(world, { shop: rotated, parts }));
  const reloaded = await daemon.waitForLine("config_reloaded", undefined, deadlineMs);
  assert.deepEqual(reloaded["changed"], ["~connector/shop"]);
  await waitForRoundTrip(world, "Afterwards");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  assert.equal(/open sesame|open%20sesame|rotated( |%20)secret/.test(daemon.output()), false);
});
