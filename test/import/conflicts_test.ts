import assert from "node:assert/strict";
import { test } from "node:test";
import { PerigeeError } from "../../src/error.ts";
import { claimLease } from "../../src/hub/lease.ts";
import { runImport } from "../../src/import/run_import.ts";
import { cast, findAll, happened, importOnce, mapTo } from "../support/imports.ts";
import { importOf, openWorld } from "../support/world.ts";

const world = await openWorld(`
  create table customers (id integer primary key, email text unique, first_name text);
  create table moved (id integer, email text, first_name text, changed integer);
  insert into customers values (1, 'one@example.com', 'One'), (2, 'two@example.com', 'Two')`);
const mapping = [mapTo("externalCustomerId", cast("id", "text")), mapTo("firstName", "first_name")];
const customers = importOf("customers", "customers", mapping);

test("a value that another contact has is left out, and comes when it is free", async () => {
  await importOnce(world, customers);
  await world.shop.sql`update customers set email = 'uno@example.com' where id = 1`;
  await world.shop.sql`insert into customers values (3, 'three@example.com', 'Three')`;
  const counts = await importOnce(world, customers);
  assert.deepEqual(happened(counts), { read: 2, inserted: 2, dropped: 1 });
  const state = () => findAll(world, "email, external_customer_id as id");
  assert.deepEqual(await state(), [
    { email: "one@example.com", id: "1" },
    { email: "three@example.com", id: "3" },
    { email: "two@example.com", id: "2" },
    { email: "uno@example.com", id: null },
  ]);
  await world.hub.sql`delete from perigee.contacts where email = 'one@example.com'`;
  assert.deepEqual(happened(await importOnce(world, customers)), { read: 1, updated: 1 });
  assert.equal((await state()).find(({ email }) => email === "uno@example.com")?.["id"], "1");
  assert.equal((await world.hub.sql`select from perigee.import_rejects`).length, 0);
});

test("two spellings of one address are one contact, and the newer row wins at every run", async () => {
  await world.shop.sql`insert into customers values
    (11, 'ten@example.com', 'lower'), (10, 'TEN@example.com', 'upper')`;
  const counts = await importOnce(world, customers);
  assert.deepEqual(happened(counts), { read: 2, inserted: 1, rejected: 1 });
  const name = async () =>
    (await findAll(world, "email, first_name as name")).find(({ email }) =>
      email === "ten@example.com"
    );
  const winner = await name();
  await world.shop.sql`update customers set first_name = first_name where id in (10, 11)`;
  await importOnce(world, customers);
  assert.deepEqual(await name(), winner);
  await importOnce(world, { ...customers, mode: "full" });
  assert.deepEqual(await name(), winner);
});

test("a duplicate that did not change still loses to the newer row", async () => {
  await world.shop.sql`insert into moved values
    (100, 'm@example.com', 'newer', 2), (101, 'm@example.com', 'older', 1)`;
  const config = importOf("moved", "moved", [mapTo("firstName", "first_name")], {
    cursor: { column: "changed", lookbackMs: 0 },
  });
  const name = async () =>
    (await findAll(world, "email, first_name as name")).find(({ email }) =>
      email === "m@example.com"
    );
  await importOnce(world, config);
  assert.equal((await name())?.["name"], "newer");
  await world.shop.sql`update moved set first_name = 'older again' where id = 101`;
  assert.deepEqual(happened(await importOnce(world, config)), {
    read: 2,
    unchanged: 1,
    rejected: 1,
  });
  assert.equal((await name())?.["name"], "newer");
});

test("a run whose lease was taken over changes nothing", async () => {
  await world.shop.sql`insert into customers values (50, 'late@example.com', 'Late')`;
  const running = world.run("import/customers", async (context, deps) => {
    await world.hub.sql`update perigee.leases set expires_at = '-infinity'`;
    await claimLease(deps.hub.sql, "import/customers", crypto.randomUUID(), 60_000);
    return await runImport(customers, context, deps);
  });
  await assert.rejects(running, { code: "PG410" });
  const rows = await findAll(world, "email");
  assert.equal(rows.some(({ email }) => email === "late@example.com"), false);
  await world.hub.sql`update perigee.leases set expires_at = '-infinity'`;
  assert.deepEqual(happened(await importOnce(world, customers)), { read: 1, inserted: 1 });
});

test("a run that is told to stop rolls back and frees both databases", async () => {
  const stopping = new AbortController();
  const reason = new PerigeeError("the daemon is stopping", { kind: "shutdown", code: "PG412" });
  const from = {
    kind: "query" as const,
    sql: "select 's@example.com' as email, pg_sleep(60)::text as name",
  };
  const slow = importOf("slow", "", [mapTo("firstName", "name")], { from });
  const running = importOnce(world, slow, { signal: stopping.signal });
  const settled = assert.rejects(running, { code: "PG412" });
  const { waitFor } = await import("../support/wait.ts");
  await waitFor("the slow query", async () => {
    const [row] = await world.shop
      .sql`select from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`;
    return row;
  });
  stopping.abort(reason);
  await settled;
  await waitFor("the end of the backends", async () => {
    const rows = await world.hub.sql`
      select from pg_stat_activity where query like '%import_staging%' and pid <> pg_backend_pid()`;
    return rows.length === 0 ? true : undefined;
  });
});
