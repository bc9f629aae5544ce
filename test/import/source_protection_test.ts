import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectorConfig } from "../../src/config/model.ts";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { runImport } from "../../src/import/run_import.ts";
import { runSegment } from "../../src/segment/run_segment.ts";
import { openTestDatabase } from "../support/database.ts";
import { happened, mapTo } from "../support/imports.ts";
import { importOf, openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld(`
  create table customers (id integer primary key, email text unique, first_name text);
  insert into customers values (1, 'one@example.com', 'Primary'), (2, 'two@example.com', 'Primary');
  create table written (at timestamptz);
  create function write_something() returns setof customers language sql as
    'insert into written values (now()); select * from customers'`);

const customers = importOf("customers", "customers", [mapTo("firstName", "first_name")]);

/** Runs an import through a connector that differs from the world's in some settings. */
function importThrough(settings: Partial<ConnectorConfig>, config = customers) {
  const connectors = registryWith(settings);
  const name = `import/${config.name}`;
  return world.run(name, (context, deps) => runImport(config, context, { ...deps, connectors }))
    .finally(() => connectors.close(0));
}

function registryWith(settings: Partial<ConnectorConfig>): ConnectorRegistry {
  const shop = { ...world.connectors.require("shop"), ...settings };
  return new ConnectorRegistry(new Map([["shop", shop]]));
}

test("the right to SELECT is enough for a first run, for changes and for segments", async (t) => {
  const role = `reader_${world.shop.target.database.slice(-12)}`;
  await world.shop.sql.unsafe(`create role ${role} login password 'reads';
    grant select on customers to ${role}`).simple();
  t.after(() => world.shop.sql.unsafe(`drop owned by ${role}; drop role ${role}`).simple());
  const { address } = world.connectors.require("shop");
  const reader = { address: { ...address, username: role, password: "reads" } };
  assert.equal((await importThrough(reader))["inserted"], 2);
  await world.shop.sql`update customers set first_name = 'Changed' where id = 2`;
  assert.deepEqual(happened(await importThrough(reader)), { read: 1, updated: 1 });
  const where = {
    kind: "source",
    source: "customers",
    conditions: [],
    count: undefined,
    place: "p",
  } as const;
  const connectors = registryWith(reader);
  t.after(() => connectors.close(0));
  const config = world.config({ sources: new Map([["customers", sourceOf("customers")]]) });
  const counts = await world.run(
    "segment/all",
    (context, deps) => runSegment(segmentOf("all", 1, where), context, { ...deps, connectors }),
    { config },
  );
  assert.equal(counts["total"], 2);
});

test("nothing that an import reads can write in the customer's database", async () => {
  const from = { kind: "query", sql: "select * from write_something()" } as const;
  await assert.rejects(importThrough({}, { ...customers, name: "writing", from }), {
    sqlstate: "25006",
  });
  assert.equal((await world.shop.sql`select at from written`).length, 0);
});

test("a read that takes longer than the connector's time limit is ended", async () => {
  const sql = "select c.* from customers c, pg_sleep(30)";
  const from = { kind: "query", sql } as const;
  const slow = importThrough({ statementTimeoutMs: 200 }, { ...customers, name: "slow", from });
  await assert.rejects(slow, { sqlstate: "57014" });
});

test("an import reads the replica where the connector has one", async (t) => {
  const replica = await openTestDatabase(
    t,
    `create table customers (id integer primary key, email text unique, first_name text);
     insert into customers values (1, 'one@example.com', 'Replica')`,
  );
  const { address } = world.connectors.require("shop");
  const { host, port, database, username, password } = replica.target;
  const replicaAddress = { ...address, host, port, database, username, password };
  assert.deepEqual(happened(await importThrough({ replicaAddress })), { read: 1, updated: 1 });
  const [row] = await world.hub.sql`
    select first_name from perigee.contacts where email = 'one@example.com'`;
  assert.equal(row?.["first_name"], "Replica");
});

test("with mode full every row is compared, and equal ones are not written", async () => {
  await importThrough({});
  const before = await world.hub.sql`select xmin::text from perigee.contacts order by email`;
  const counts = await importThrough({}, { ...customers, mode: "full" });
  assert.deepEqual(happened(counts), { read: 2, unchanged: 2 });
  const after = await world.hub.sql`select xmin::text from perigee.contacts order by email`;
  assert.deepEqual([...after], [...before]);
});
