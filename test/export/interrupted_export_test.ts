import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ConnectionPurpose,
  ConnectorRegistry,
  connectorTarget,
} from "../../src/connector/registry.ts";
import type { PerigeeError } from "../../src/error.ts";
import { runExport } from "../../src/export/run_export.ts";
import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { openPool } from "../../src/postgres/pool.ts";
import type { Scope, TestDatabase } from "../support/database.ts";
import { joinExport, openExport } from "../support/export_fixture.ts";
import { openProxy, type Proxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";

/** More than sockets hold: the hub still sends while the customer's side of a slow link copies in. */
const manyContacts = `insert into perigee.contacts (email, first_name, last_name)
  select 'c' || i || '@example.com', repeat('x', 250), repeat('y', 250)
  from generate_series(1, 60000) as i`;

/** An export whose way to the customer's database leads through a proxy. */
async function openProxied(scope: Scope) {
  const plain = await openExport(scope, { datasets: ["contacts"] });
  const proxy = await openProxy(plain.customer.target);
  scope.after(() => proxy.close());
  const proxied = joinExport(scope, plain.hub, through(proxy, plain.customer), plain.config);
  await plain.hub.sql.unsafe(manyContacts);
  return { ...proxied, customer: plain.customer, proxy };
}

function through(proxy: Proxy, database: TestDatabase): TestDatabase {
  return { ...database, target: { ...database.target, host: proxy.host, port: proxy.port } };
}

/** Connectors whose sessions wait for a lock for a moment only. */
class HastyRegistry extends ConnectorRegistry {
  override connect(name: string, purpose: ConnectionPurpose): Promise<Connection> {
    return openConnection({ ...connectorTarget(this.require(name), purpose), lockTimeoutMs: 300 });
  }
}

/** The backend that copies rows in, once there is one. */
function copyingBackend({ sql }: TestDatabase): Promise<number> {
  return waitFor("a COPY", async () => {
    const [row] = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and state = 'active' and query like 'copy %'`;
    return row?.pid;
  });
}

async function noBackends({ sql }: TestDatabase): Promise<void> {
  await waitFor("the backends to be gone", async () => {
    const rows = await sql`
      select pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
        and (state like '%transaction%' or query like 'copy %' and state = 'active')`;
    return rows.length === 0 ? true : undefined;
  });
}

async function contactCount({ sql }: TestDatabase): Promise<number | undefined> {
  const [table] = await sql<
    { there: boolean }[]
  >`select to_regclass('contacts') is not null as there`;
  if (table?.there !== true) return undefined;
  const [row] = await sql<{ count: number }[]>`select count(*)::integer as count from contacts`;
  return row?.count;
}

test("a first export whose link is cut leaves nothing, and the next run completes it", async (t) => {
  const { run, proxy, customer, hub } = await openProxied(t);
  proxy.throttle(2_000_000);
  const cut = assert.rejects(run(), (error: PerigeeError) => error.kind === "connection");
  await copyingBackend(customer);
  proxy.cut();
  await cut;
  await noBackends(customer);
  await noBackends(hub);
  assert.equal(await contactCount(customer), undefined);
  proxy.throttle(Infinity);
  assert.equal((await run())["written"], 60_000);
});

for (const where of ["customer", "hub"] as const) {
  test(`a first export whose ${where} backend is ended leaves nothing, and the next run completes it`, async (t) => {
    const fixture = await openProxied(t);
    fixture.proxy.throttle(2_000_000);
    const failed = assert.rejects(
      fixture.run(),
      (error: PerigeeError) => error.kind === "connection",
    );
    await copyingBackend(fixture.customer);
    const pid = await copyingBackend(fixture[where]);
    await fixture[where].sql`select pg_terminate_backend(${pid})`;
    await failed;
    await noBackends(fixture.hub);
    assert.equal(await contactCount(fixture.customer), undefined);
    fixture.proxy.throttle(Infinity);
    assert.equal((await fixture.run())["written"], 60_000);
  });
}

test("a run that is told to stop rolls back at once", async (t) => {
  const { config, deps, context, proxy, customer, hub, run } = await openProxied(t);
  proxy.throttle(1_000_000);
  const stop = new AbortController();
  const stopped = assert.rejects(runExport(config, await context(stop.signal), deps));
  await copyingBackend(customer);
  const askedAt = performance.now();
  stop.abort();
  await stopped;
  assert.ok(performance.now() - askedAt < 2_000);
  await noBackends(hub);
  proxy.throttle(Infinity);
  assert.equal((await run())["written"], 60_000);
});

test("a customer's database that became read-only gets nothing, and catches up when it can", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await run();
  const name = quoteIdentifier(customer.target.database);
  await customer.sql.unsafe(`alter database ${name} set default_transaction_read_only = on`);
  assert.equal((await run())["datasets"], 0);
  await hub.sql`insert into perigee.contacts (email) values ('a@example.com')`;
  await assert.rejects(run(), (error: PerigeeError) => error.code === "PG221");
  const admin = openPool(customer.target, { max: 1 });
  await admin.sql.begin(
    "read write",
    (sql) => sql.unsafe(`alter database ${name} set default_transaction_read_only = off`),
  );
  await admin.close();
  assert.equal((await run())["written"], 1);
});

test("a table that somebody locks stops its dataset after the lock timeout, and the others go on", async (t) => {
  const { hub, customer, config, context, deps, run } = await openExport(t, {
    datasets: ["contacts", "orders"],
  });
  await run();
  await hub.sql.unsafe(`insert into perigee.contacts (email) values ('a@example.com');
    insert into perigee.orders default values`);
  const shop = deps.connectors.require("shop");
  const connectors = new HastyRegistry(new Map([["shop", shop]]));
  const locker = await customer.sql.reserve();
  await locker`begin`;
  await locker`lock table contacts in access exclusive mode`;
  await assert.rejects(
    runExport(config, await context(), { ...deps, connectors }),
    (error: PerigeeError) => error.sqlstate === "55P03",
  );
  await locker`rollback`;
  locker.release();
  const [sum] = await customer.sql<{ count: number }[]>`select count(*)::integer from orders`;
  assert.equal(sum?.count, 1);
  assert.equal((await run())["written"], 1);
});

test("a right that was revoked stops its dataset with the grant to make, and returns with it", async (t) => {
  const plain = await openExport(t, { datasets: ["contacts", "orders"] });
  const role = `exporter_${crypto.randomUUID().slice(0, 8)}`;
  await plain.customer.sql.unsafe(`create role ${role} login password 'x';
    grant all on schema public to ${role}`);
  const target = { ...plain.customer.target, username: role, password: "x" };
  const limited = joinExport(t, plain.hub, { ...plain.customer, target }, plain.config);
  await limited.run();
  await plain.customer.sql.unsafe(`alter table contacts owner to current_user;
    grant select, insert on contacts to ${role}`);
  const insert =
    "insert into perigee.contacts (email) values (gen_random_uuid() || '@example.com')";
  await plain.hub.sql.unsafe(`${insert}; insert into perigee.orders default values`);
  await assert.rejects(limited.run(), (error: PerigeeError) => {
    assert.equal(error.sqlstate, "42501");
    return error.kind === "permission" && /perigee grants/.test(error.advice ?? "");
  });
  await plain.customer.sql.unsafe(`grant update, delete on contacts to ${role}`);
  assert.equal((await limited.run())["written"], 1);
  await plain.customer.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});
