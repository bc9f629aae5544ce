import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { describeFailure } from "../../src/postgres/failure.ts";
import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { copyBetween } from "../../src/postgres/copy_stream.ts";
import { openPool } from "../../src/postgres/pool.ts";
import {
  findBackendPid,
  listBackends,
  terminateBackend,
  waitForNoBackends,
} from "../support/backends.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { rejection } from "../support/rejection.ts";
import { waitFor } from "../support/wait.ts";

const readerName = "copy reader";
const writerName = "copy writer";
const write = "copy rows from stdin (format binary)";

/** A trigger that makes the server work on after the last row has arrived, for as long as a lock. */
const slowEnd = `
  create function wait_for_lock() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock(1);
    return null;
  end $$;
  create trigger waits after insert on rows for each statement execute function wait_for_lock()`;

interface Copying {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly pids: { readonly reader: number; readonly writer: number };
  readonly failing: ReturnType<typeof rejection>;
  readonly passedBytes: () => number;
}

/** Starts a COPY of `count` rows that is expected to fail. */
async function startCopying(
  t: TestContext,
  count: number,
  prepare: (target: TestDatabase) => Promise<void> = async () => {},
): Promise<Copying> {
  const target = await openTestDatabase(t, "create table rows (id integer, body text)");
  const source = target;
  await prepare(target);
  const from = await openConnection(source.target, { applicationName: readerName });
  const to = await openConnection(target.target, { applicationName: writerName });
  t.after(() => (from.destroy(), to.destroy()));
  const pids = { reader: await findBackendPid(from), writer: await findBackendPid(to) };
  const read = `copy (select g, repeat('x', 1000) from generate_series(1, ${count}) g)` +
    " to stdout (format binary)";
  let bytes = 0;
  const onBytes = (size: number) => bytes += size;
  const failing = rejection(copyBetween({ from, read, to, write, onBytes }), 30_000);
  return { source, target, pids, failing, passedBytes: () => bytes };
}

/** The fault is over when the promise has rejected so and neither server has a session left. */
async function assertEnds(copying: Copying, code: string): Promise<void> {
  const error = await copying.failing;
  assert.equal(error.code, code, error.message);
  await waitForNoBackends(copying.source.sql, readerName);
  await waitForNoBackends(copying.target.sql, writerName);
  const [row] = await copying.target.sql<{ n: number }[]>`select count(*)::integer as n from rows`;
  assert.equal(row?.n, 0);
}

const untilHalf = (copying: Copying) =>
  waitFor("data to flow", () => copying.passedBytes() > 1_000_000 ? true : undefined);

test("the source's session is ended in the middle of a COPY", async (t) => {
  const copying = await startCopying(t, 5_000_000);
  await untilHalf(copying);
  await terminateBackend(copying.source.sql, copying.pids.reader);
  // A server that was sending, or receiving, does not get to say why it ends.
  await assertEnds(copying, "PG207");
});

test("the target's session is ended in the middle of a COPY", async (t) => {
  const copying = await startCopying(t, 5_000_000);
  await untilHalf(copying);
  await terminateBackend(copying.target.sql, copying.pids.writer);
  await assertEnds(copying, "PG207");
});

test("a COPY's statement is cancelled at either side", async (t) => {
  for (const side of ["source", "target"] as const) {
    const copying = await startCopying(t, 5_000_000);
    await untilHalf(copying);
    const pid = side === "source" ? copying.pids.reader : copying.pids.writer;
    await copying[side].sql`select pg_cancel_backend(${pid})`;
    await assertEnds(copying, "PG252");
  }
});

test("the target's session is ended after the last row, before the server confirmed", async (t) => {
  const copying = await startCopying(t, 3, async ({ sql, target }) => {
    await sql.unsafe(slowEnd);
    const holder = await openConnection(target);
    t.after(() => holder.destroy());
    await holder.sql`select pg_advisory_lock(1)`;
  });
  await waitFor("the writer to wait for the lock", async () => {
    const [row] = await copying.target.sql`
      select 1 from pg_stat_activity
      where pid = ${copying.pids.writer} and wait_event_type = 'Lock'`;
    return row;
  });
  await terminateBackend(copying.target.sql, copying.pids.writer);
  await assertEnds(copying, "PG207");
  assert.equal((await copying.failing).sqlstate, "57P01");
});

test("a session that is ended before a COPY starts refuses it", async (t) => {
  const { target, sql } = await openTestDatabase(t, "create table rows (id integer)");
  const from = await openConnection(target);
  const to = await openConnection(target, { applicationName: writerName });
  await terminateBackend(sql, await findBackendPid(to));
  await to.died;
  const read = "copy (select 1) to stdout (format binary)";
  const error = await rejection(copyBetween({ from, read, to, write }));
  assert.equal(error.sqlstate, "57P01");
  assert.equal(from.isAlive, false);
});

test("what runs on a connection that is ended rejects, and so does all that follows", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const connection = await openConnection(target);
  const pid = await findBackendPid(connection);
  const running = rejection(connection.sql`select pg_sleep(60)`);
  const queued = rejection(connection.sql`select ${1}::integer`);
  await waitFor("the statement to run", async () => {
    const [row] = await sql`
      select 1 from pg_stat_activity where pid = ${pid} and wait_event = 'PgSleep'`;
    return row;
  });
  await terminateBackend(sql, pid);
  assert.equal((await running).sqlstate, "57P01");
  assert.equal((await queued).sqlstate, "57P01");
  assert.equal((await rejection(connection.sql`select 1`)).sqlstate, "57P01");
  assert.equal((await rejection(connection.sql.begin((tx) => tx`select 1`))).sqlstate, "57P01");
  await connection.end();
});

test("a transaction whose session is ended rejects, whatever its body does then", async (t) => {
  const { sql, target } = await openTestDatabase(t, "create table marks (id integer)");
  const pool = openPool(target, { max: 1 });
  t.after(() => pool.close(0));
  const seen: unknown[] = [];
  const failing = rejection(pool.sql.begin(async (tx) => {
    await tx`insert into marks values (1)`;
    const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await terminateBackend(sql, row?.pid ?? 0);
    seen.push((await rejection(tx`select pg_sleep(${10})`)).sqlstate);
    seen.push((await rejection(tx`insert into marks values (${2})`)).sqlstate);
    return "the body carries on as if nothing had happened";
  }));
  assert.equal((await failing).sqlstate, "57P01");
  await waitFor("the body to end", () => seen.length === 2 ? true : undefined);
  assert.deepEqual(seen, ["57P01", "57P01"]);
  assert.equal((await pool.sql`select 1 as one`)[0]?.["one"], 1, "the pool opens another");
  assert.equal((await sql`select id from marks`).length, 0);
});

test("the server's idle limit for transactions is told by its own SQLSTATE", async (t) => {
  const { target } = await openTestDatabase(t);
  const connection = await openConnection({ ...target, idleInTransactionTimeoutMs: 50 });
  await connection.sql.unsafe("begin");
  const death = await connection.died;
  assert.equal(death.sqlstate, "25P03");
  assert.equal(death.code, "PG253");
});

/** Queries, transactions and COPYs without end, each of which either works or fails by itself. */
async function work(pool: ReturnType<typeof openPool>, isOver: () => boolean): Promise<number> {
  let succeeded = 0;
  for (let turn = 0; !isOver(); turn += 1) {
    try {
      if (turn % 3 === 0) await pool.sql`select ${turn}::integer, repeat('x', 2000)`;
      else if (turn % 3 === 1) await pool.sql`select pg_sleep(0.002)`;
      else {
        await pool.sql.begin(async (tx) => {
          await tx`insert into counts (n) values (${turn})`;
          await tx.savepoint((inner) => inner`select ${"x".repeat(3_000)}`);
          await tx`select pg_sleep(0.001)`;
        });
      }
      succeeded += 1;
    } catch (error) {
      const failure = describeFailure(error, { doing: "work", target: pool.target });
      assert.equal(failure.kind, "connection", failure.message);
    }
  }
  return succeeded;
}

async function copyOnce(target: TestDatabase): Promise<void> {
  const ends: Connection[] = [];
  try {
    ends.push(await openConnection(target.target, { applicationName: "victim" }));
    ends.push(await openConnection(target.target, { applicationName: "victim" }));
    const [from, to] = ends as [Connection, Connection];
    const read = "copy (select g, repeat('x', 500) from generate_series(1, 3000) g)" +
      " to stdout (format binary)";
    await copyBetween({ from, read, to, write: "copy copies from stdin (format binary)" });
  } catch (error) {
    const failure = describeFailure(error, { doing: "copy", target: target.target });
    assert.equal(failure.kind, "connection", failure.message);
  } finally {
    await Promise.all(ends.map((end) => end.end()));
  }
}

test("two hundred kills at random moments break nothing but what they hit", async (t) => {
  const database = await openTestDatabase(
    t,
    "create table counts (n integer); create table copies (id integer, body text)",
  );
  const pool = openPool(database.target, { max: 4, applicationName: "victim" });
  t.after(() => pool.close(0));
  let isOver = false;
  const workers = [1, 2, 3, 4, 5, 6].map(() => work(pool, () => isOver));
  const copier = (async () => {
    while (!isOver) await copyOnce(database);
  })();
  let killed = 0;
  await waitFor("200 kills", async () => {
    const victims = await listBackends(database.sql, "victim");
    const victim = victims[Math.floor(Math.random() * victims.length)];
    if (victim === undefined) return undefined;
    await terminateBackend(database.sql, victim.pid);
    killed += 1;
    return killed >= 200 ? true : undefined;
  }, 120_000);
  isOver = true;
  const succeeded = await Promise.all(workers);
  await copier;
  assert.ok(succeeded.every((count) => count > 0), `each worker got on: ${succeeded}`);
  const [row] = await database.sql<{ n: number }[]>`
    select count(*)::integer as n from copies group by id % 3000 order by 1 desc limit 1`;
  const [first] = await database.sql<{ n: number }[]>`
    select count(*)::integer as n from copies where id = 1`;
  assert.equal(first?.n ?? 0, row?.n ?? 0, "every COPY arrived whole or not at all");
  const answers = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => pool.sql`select ${n}::integer as n`),
  );
  assert.deepEqual(answers.map((rows) => rows[0]?.["n"]), [1, 2, 3, 4, 5]);
  await pool.close();
  await waitForNoBackends(database.sql, "victim");
});
