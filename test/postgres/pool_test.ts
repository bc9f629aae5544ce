import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { PerigeeError } from "../../src/error.ts";
import { openPool, type Pool } from "../../src/postgres/pool.ts";
import { findServerFacts } from "../../src/postgres/catalog.ts";
import { listBackends, terminateBackend, waitForNoBackends } from "../support/backends.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { heldLock, holdLock } from "../support/held_lock.ts";
import { openProxy } from "../support/proxy.ts";
import { rejection } from "../support/rejection.ts";
import { waitFor } from "../support/wait.ts";

const name = "pool under test";

async function open(
  t: TestContext,
  max: number,
  change: Partial<TestDatabase["target"]> = {},
): Promise<{ pool: Pool; database: TestDatabase }> {
  const database = await openTestDatabase(t, "create table marks (id integer primary key)");
  const pool = openPool({ ...database.target, ...change }, { max, applicationName: name });
  t.after(() => pool.close(0));
  return { pool, database };
}

test("a pool opens nothing until it is used, and never more than its size", async (t) => {
  const { pool, database } = await open(t, 3);
  assert.equal(pool.isSecured(), undefined);
  assert.equal((await listBackends(database.sql, name)).length, 0);
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => pool.sql`select ${n}::integer as n, pg_sleep(0.002)`),
  );
  assert.deepEqual(answers.map((rows) => rows[0]?.["n"]), Array.from({ length: 60 }, (_, n) => n));
  assert.equal((await listBackends(database.sql, name)).length, 3);
  assert.equal(pool.isSecured(), false);
});

test("fragments, lists, inserts, json and unsafe text work as with the driver itself", async (t) => {
  const { pool: { sql } } = await open(t, 2);
  await sql`insert into marks ${sql([{ id: 1 }, { id: 2 }, { id: 3 }], "id")}`;
  const above = sql`id > ${1}`;
  const rows = await sql`select ${sql("id")} from marks where ${above} and id in ${sql([1, 2, 3])}`;
  assert.deepEqual(rows.map(({ id }) => id), [2, 3]);
  assert.deepEqual((await sql`select ${sql.json({ a: [1] })}::jsonb as j`)[0]?.["j"], { a: [1] });
  assert.deepEqual((await sql.unsafe("select $1::integer as n", [5]))[0]?.["n"], 5);
  assert.equal((await sql`select 1 as n`.values())[0]?.[0], 1);
  assert.ok((await sql`select id from marks`.describe()).columns.length === 1);
});

test("an error of one query is its own, with the server's SQLSTATE", async (t) => {
  const { pool: { sql } } = await open(t, 1);
  await assert.rejects(sql`select 1 / 0`, { code: "22012" });
  await assert.rejects(sql`select ${"x"}::integer`, { code: "22P02" });
  assert.equal((await sql`select 1 as n`)[0]?.["n"], 1);
});

test("a transaction has one connection, commits whole and rolls back whole", async (t) => {
  const { pool: { sql } } = await open(t, 3);
  const result = await sql.begin("isolation level repeatable read", async (tx) => {
    await tx`insert into marks values (1)`;
    await assert.rejects(tx.savepoint((inner) => inner`insert into marks values (1)`), {
      code: "23505",
    });
    const [row] = await tx`select current_setting('transaction_isolation') as level`;
    return row?.["level"];
  });
  assert.equal(result, "repeatable read");
  await assert.rejects(
    sql.begin(async (tx) => {
      await tx`insert into marks values (2)`;
      throw new RangeError("changed my mind");
    }),
    RangeError,
  );
  assert.deepEqual((await sql`select id from marks`).map(({ id }) => id), [1]);
});

test("a statement that leaves a transaction open does not pass it on to the next user", async (t) => {
  const { pool: { sql }, database } = await open(t, 1);
  await sql.unsafe("begin");
  await sql`insert into marks values (9)`;
  assert.equal((await database.sql`select id from marks`).length, 1, "each ran by itself");
});

test("a reserved session is one's own until it is released", async (t) => {
  const { pool: { sql } } = await open(t, 1);
  const session = await sql.reserve();
  await session`create temp table mine (id integer)`;
  await session`insert into mine values (1)`;
  let isServed = false;
  const other = sql`select 1`.then(() => isServed = true);
  assert.equal((await session`select id from mine`).length, 1);
  assert.equal(isServed, false);
  session.release();
  session.release();
  await other;
});

test("who waits longer than the limits for a connection is told so", async (t) => {
  const { pool: { sql } } = await open(t, 1, {
    connectTimeoutMs: 1_900,
    statementTimeoutMs: 100,
  });
  const session = await sql.reserve();
  const error = await rejection(sql`select 1`.then());
  assert.equal(error.code, "PG292");
  session.release();
  assert.equal((await sql`select 1 as n`)[0]?.["n"], 1);
});

test("a cursor and a COPY outside a transaction are refused, and cost no connection", async (t) => {
  const { pool: { sql } } = await open(t, 1);
  const readAll = async () => {
    for await (const _rows of sql`select generate_series(1, 10)`.cursor(2));
  };
  assert.equal((await rejection(readAll())).code, "PG291");
  const copy = sql`copy marks from stdin`.writable() as Promise<unknown>;
  assert.equal((await rejection(copy)).code, "PG291");
  assert.throws(() => sql.listen("x", () => undefined), { code: "PG291" });
  const batches: number[] = [];
  await sql.begin(async (tx) => {
    for await (const rows of tx`select generate_series(1, 5) as n`.cursor(2)) {
      batches.push(rows.length);
    }
  });
  assert.deepEqual(batches, [2, 2, 1]);
});

test("an idle connection that the server ended is not handed out again", async (t) => {
  const { pool: { sql }, database } = await open(t, 1);
  await sql`select 1`;
  const [backend] = await listBackends(database.sql, name);
  await terminateBackend(database.sql, backend?.pid ?? 0);
  await waitForNoBackends(database.sql, name);
  await waitFor("the pool to work", async () => (await sql`select 1 as n`)[0]);
});

test("a database that is away fails each query at once and works when it is back", async (t) => {
  const database = await openTestDatabase(t);
  const proxy = await openProxy(database.target);
  t.after(() => proxy.close());
  const target = { ...database.target, host: proxy.host, port: proxy.port };
  const pool = openPool(target, { max: 2 });
  t.after(() => pool.close(0));
  proxy.refuse(true);
  const errors = await Promise.all([1, 2, 3, 4, 5].map(() => rejection(pool.sql`select 1`.then())));
  assert.ok(errors.every(({ kind }) => kind === "connection"));
  assert.equal((await rejection(pool.sql.begin((tx) => tx`select 1`))).kind, "connection");
  proxy.refuse(false);
  assert.equal((await pool.sql`select 1 as n`)[0]?.["n"], 1);
});

test("a statement can be cancelled while it runs, and the connection goes on", async (t) => {
  const { pool: { sql }, database } = await open(t, 1);
  const running = sql`select pg_sleep(30)`;
  const ended = assert.rejects(running, { code: "57014" });
  await waitFor("the statement to run", async () => {
    const [backend] = await listBackends(database.sql, name);
    return backend?.state === "active" ? true : undefined;
  });
  running.cancel();
  await ended;
  assert.equal((await sql`select 1 as n`)[0]?.["n"], 1);
});

test("close lets what runs finish, refuses the rest and leaves no session", async (t) => {
  const { pool, database } = await open(t, 2);
  const lock = await holdLock(database.sql);
  const running = pool.sql`select pg_advisory_xact_lock(${heldLock}), 7 as seven`
    .then((rows) => rows[0]?.["seven"]);
  await lock.untilAwaited(name);
  const closing = pool.close(30_000);
  assert.equal((await rejection(pool.sql`select 1`.then())).kind, "shutdown");
  await lock.release();
  assert.equal(await running, 7);
  await closing;
  await waitForNoBackends(database.sql, name);
});

test("close breaks what does not finish in time", async (t) => {
  const { pool, database } = await open(t, 1);
  const running = rejection(pool.sql`select pg_sleep(60)`.then());
  const waiting = rejection(pool.sql`select 1`.then());
  await waitFor("the statement to run", async () => {
    const [backend] = await listBackends(database.sql, name);
    return backend?.state === "active" ? true : undefined;
  });
  await pool.close(50);
  assert.equal((await running).kind, "shutdown");
  assert.equal((await waiting).kind, "shutdown");
});

test("facts can be read through a pool by a role without rights", async (t) => {
  const { database } = await open(t, 1);
  const role = `${database.target.database}_plain`;
  await database.sql.unsafe(`create role "${role}" login password 'plain'`);
  const target = { ...database.target, username: role, password: "plain" };
  const plain = openPool(target, { max: 1 });
  const facts = await findServerFacts(plain.sql);
  assert.ok(facts.versionNum >= 150_000);
  assert.match(facts.timeline, /^[0-9A-F]{8}$/);
  assert.deepEqual([facts.isStandby, facts.isReadOnly, facts.encoding], [false, false, "UTF8"]);
  assert.ok(Math.abs(facts.clockDifferenceMs) < 2_000);
  await plain.close();
  await database.sql.unsafe(`drop role "${role}"`);
});

test("what a lent connection does is broken off by the signal, and the pool goes on", async (t) => {
  const { pool } = await open(t, 1);
  const stopping = new AbortController();
  const work = rejection(pool.lend(stopping.signal, (sql) =>
    sql.begin(async (transaction) => {
      await transaction`insert into marks values (1)`;
      await transaction`select pg_sleep(60)`;
    })));
  await waitFor(
    "the statement to run",
    () => Promise.resolve(pool.usage().inUse === 1 || undefined),
  );
  const reason = new PerigeeError("stop", { kind: "shutdown", code: "PG412" });
  stopping.abort(reason);
  assert.equal(await work, reason);
  assert.deepEqual([...await pool.sql`select id from marks`], []);
  assert.equal(
    await pool.lend(new AbortController().signal, async (sql) => {
      const [row] = await sql`select 1 as one`;
      return row?.["one"];
    }),
    1,
  );
  const late = await rejection(pool.lend(stopping.signal, () => Promise.resolve()));
  assert.equal(late, reason);
});
