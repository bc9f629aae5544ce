import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readThenApply } from "../../src/import/read_then_apply.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { happened, importOnce, mapTo } from "../support/imports.ts";
import { waitFor } from "../support/wait.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table customers (id integer primary key, email text not null unique, first_name text);
  insert into customers values (1, 'one@example.com', 'first')`);
const { signal } = new AbortController();
const sides = {
  connectors: world.connectors,
  connector: "shop",
  hubTarget: world.hub.target,
  signal,
};

/** Waits until the customer's database has no session of an import any more. */
async function untilSourceIsFree(): Promise<void> {
  await waitFor("the source's session to end", async () => {
    const sessions = await world.shop.sql`
      select pid from pg_stat_activity
      where datname = current_database() and application_name = 'perigee shop'`;
    return sessions.length === 0 ? true : undefined;
  }, 60_000);
}

test("the source is let go while the hub still writes", async () => {
  const config = importOf("customers", "customers", [mapTo("firstName", "first_name")]);
  await importOnce(world, config);
  const blocker = await openConnection(world.hub.target);
  after(() => blocker.end());
  await blocker.sql.unsafe("begin; select 1 from perigee.contacts for update");
  await world.shop.sql`update customers set first_name = 'second'`;
  const running = importOnce(world, config);
  await waitFor("the import to wait for the contact", async () => {
    const [waiting] = await world.hub.sql`
      select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return waiting;
  }, 60_000);
  await untilSourceIsFree();
  await blocker.sql.unsafe("commit");
  assert.deepEqual(happened(await running), { read: 1, updated: 1 });
});

test("a failure of either side is thrown as it is, and leaves no session of the source", async () => {
  const failure = new Error("of one side");
  const fail = () => Promise.reject(failure);
  await assert.rejects(
    readThenApply({ ...sides, read: fail, apply: () => Promise.resolve() }),
    failure,
  );
  await assert.rejects(
    readThenApply({ ...sides, read: () => Promise.resolve(1), apply: fail }),
    failure,
  );
  const nowhere = { ...world.hub.target, database: "not_there" };
  await assert.rejects(
    readThenApply({ ...sides, hubTarget: nowhere, read: (_source, hub) => hub, apply: fail }),
    { sqlstate: "3D000" },
  );
  await untilSourceIsFree();
});
