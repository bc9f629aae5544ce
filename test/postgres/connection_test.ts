import assert from "node:assert/strict";
import net from "node:net";
import { test, type TestContext } from "node:test";

import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../src/postgres/identifier.ts";
import { waitForNoBackends } from "../support/backends.ts";
import { openTestDatabase } from "../support/database.ts";
import { heldLock, holdLock } from "../support/held_lock.ts";
import { openProxy } from "../support/proxy.ts";
import { rejection } from "../support/rejection.ts";
import { waitFor } from "../support/wait.ts";

/** A server that is not Postgres: does with each socket what it is told. */
async function openServer(t: TestContext, greet: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

test("passwords of any characters log in", async (t) => {
  const { sql, target } = await openTestDatabase(t);
  for (const [index, password] of ["p@ss/w#rd:%?&=+ 1", "mötley ☃", "it's\\\"x"].entries()) {
    const role = `${target.database}_${index}`;
    await sql.unsafe(
      `create role ${quoteIdentifier(role)} login password ${quoteLiteral(password)}`,
    );
    const connection = await openConnection({ ...target, username: role, password });
    assert.equal((await connection.sql`select current_user as name`)[0]?.["name"], role);
    await connection.end();
    await sql.unsafe(`drop role ${quoteIdentifier(role)}`);
  }
});

test("a wrong password, user or database is told apart and leaves no session", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const seen = async (change: object) => await rejection(openConnection({ ...target, ...change }));
  const wrong = await seen({ password: "not this" });
  assert.deepEqual([wrong.kind, wrong.sqlstate], ["credentials", "28P01"]);
  assert.doesNotMatch(wrong.message, /not this/);
  assert.equal((await seen({ username: "nobody_here" })).kind, "credentials");
  assert.equal((await seen({ database: "nowhere" })).sqlstate, "3D000");
  const [row] = await sql`select count(*)::integer as others from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  assert.equal(row?.["others"], 0);
});

test("a port without a server, a name without an address and silence are told apart", async (t) => {
  const { target } = await openTestDatabase(t);
  const silent = await openServer(t, () => undefined);
  const codeOf = async (change: object) =>
    (await rejection(openConnection({ ...target, ...change }))).code;
  assert.equal(await codeOf({ port: 1 }), "PG202");
  assert.equal(await codeOf({ host: "no-such-host.invalid" }), "PG201");
  assert.equal(await codeOf({ port: silent, connectTimeoutMs: 200 }), "PG203");
  const ssl = { mode: "disable" };
  assert.equal(await codeOf({ port: silent, connectTimeoutMs: 200, ssl }), "PG203");
  assert.equal(await codeOf({ host: "/nowhere" }), "PG202");
});

test("something that is not Postgres is refused, whatever it says", async (t) => {
  const { target } = await openTestDatabase(t);
  const closing = await openServer(t, (socket) => socket.end());
  const web = await openServer(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  for (const port of [closing, web]) {
    for (const mode of ["disable", "prefer", "require"] as const) {
      const change = { port, ssl: { mode }, connectTimeoutMs: 1_000 };
      const error = await rejection(openConnection({ ...target, ...change }));
      assert.equal(error.kind, "connection", `${mode}: ${error.message}`);
    }
  }
});

test("a session has the formats that the driver reads, its limits and its name", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  await sql.unsafe(
    `alter database ${quoteIdentifier(target.database)} set datestyle = 'SQL, DMY';` +
      `alter database ${quoteIdentifier(target.database)} set timezone = 'Asia/Kathmandu'`,
  );
  const limits = { statementTimeoutMs: 1_234, lockTimeoutMs: 345, idleInTransactionTimeoutMs: 0 };
  const connection = await openConnection({ ...target, ...limits, name: "shop" });
  const [row] = await connection.sql`
    select date '2020-02-03' as day, current_setting('TimeZone') as zone,
      current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock,
      current_setting('idle_in_transaction_session_timeout') as idle,
      current_setting('application_name') as name`;
  assert.deepEqual({ ...row, day: (row?.["day"] as Date).toISOString().slice(0, 10) }, {
    day: "2020-02-03",
    zone: "UTC",
    statement: "1234ms",
    lock: "345ms",
    idle: "0",
    name: "perigee shop",
  });
  await connection.end();
});

test("end waits for what runs, and is the end", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const connection = await openConnection(target, { applicationName: "ending" });
  const lock = await holdLock(sql);
  const running = connection.sql`select pg_advisory_xact_lock(${heldLock}), 7 as seven`.execute();
  await lock.untilAwaited("ending");
  const ending = connection.end();
  await lock.release();
  await ending;
  assert.equal((await running)[0]?.["seven"], 7);
  assert.equal(connection.isAlive, false);
  assert.equal((await rejection(connection.sql`select 1`)).kind, "shutdown");
  await connection.end();
  await waitForNoBackends(sql, "ending");
});

test("destroy rolls back at once, from within a statement too", async (t) => {
  const { target, sql } = await openTestDatabase(t, "create table marks (id integer)");
  const connection = await openConnection(target, { applicationName: "destroyed" });
  await connection.sql.unsafe("begin");
  await connection.sql`insert into marks values (1)`;
  assert.equal(connection.transactionStatus, "open");
  const running = rejection(connection.sql`select pg_sleep(30)`);
  connection.destroy();
  assert.equal((await running).kind, "shutdown");
  assert.equal((await connection.died).kind, "shutdown");
  assert.equal((await sql`select id from marks`).length, 0);
});

test("a cut line ends what runs and what follows, with words for it", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const proxy = await openProxy(target);
  t.after(() => proxy.close());
  const connection = await openConnection({ ...target, host: proxy.host, port: proxy.port });
  const running = rejection(connection.sql`select pg_sleep(30)`);
  await waitFor("the statement to be under way", async () => {
    const [row] = await sql`select 1 from pg_stat_activity where wait_event = 'PgSleep'
      and datname = ${target.database}`;
    return row;
  });
  proxy.cut();
  assert.equal((await running).code, "PG207");
  assert.equal((await rejection(connection.sql`select 1`)).code, "PG207");
});
