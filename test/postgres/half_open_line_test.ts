import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test, type TestContext } from "node:test";

import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { copyBetween, copyInto } from "../../src/postgres/copy_stream.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { heldLock, holdLock } from "../support/held_lock.ts";
import { openProxy, type Proxy } from "../support/proxy.ts";
import { rejection } from "../support/rejection.ts";
import { waitFor } from "../support/wait.ts";

const lineCheckMs = 100;

interface Line {
  readonly database: TestDatabase;
  readonly proxy: Proxy;
  readonly connection: Connection;
}

/** A connection through a proxy that can swallow everything, and that lets new links through. */
async function openLine(t: TestContext): Promise<Line> {
  const database = await openTestDatabase(t, "create table rows (id integer, body text)");
  const proxy = await openProxy(database.target);
  const change = { host: proxy.host, port: proxy.port, connectTimeoutMs: 1_000 };
  const target = { ...database.target, ...change };
  const connection = await openConnection(target, { lineCheckMs });
  t.after(async () => {
    connection.destroy();
    await proxy.close();
  });
  return { database, proxy, connection };
}

test("a question that never arrived is given up, and its transaction with it", async (t) => {
  const { proxy, connection } = await openLine(t);
  await connection.sql.unsafe("begin");
  await connection.sql`insert into rows values (1, 'x')`;
  proxy.stallLinks();
  const error = await rejection(connection.sql`select 1`, 20_000);
  assert.equal(error.code, "PG207");
  assert.match(error.message, /no answer/);
  assert.equal(connection.isAlive, false);
});

test("an answer that never arrived is given up", async (t) => {
  const { proxy, connection, database } = await openLine(t);
  const lock = await holdLock(database.sql);
  const question = connection.sql`select pg_advisory_xact_lock(${heldLock})`;
  const running = rejection(question, 20_000);
  await lock.untilAwaited("perigee test");
  proxy.stallLinks();
  await lock.release();
  assert.equal((await running).code, "PG207");
});

test("a server that cannot be reached any more is given up", async (t) => {
  const { proxy, connection } = await openLine(t);
  proxy.refuse(true);
  proxy.stallLinks();
  assert.equal((await rejection(connection.sql`select 1`, 20_000)).code, "PG207");
});

test("a COPY into a line that swallows everything is given up at both ends", async (t) => {
  const { proxy, connection: to, database } = await openLine(t);
  const from = await openConnection(database.target, { lineCheckMs });
  t.after(() => from.destroy());
  let passed = 0;
  const copying = rejection(
    copyBetween({
      from,
      read: "copy (select g, repeat('x', 1000) from generate_series(1, 2000000) g)" +
        " to stdout (format binary)",
      to,
      write: "copy rows from stdin (format binary)",
      onBytes: (bytes) => passed += bytes,
    }),
    20_000,
  );
  await waitFor("data to flow", () => passed > 1_000_000 ? true : undefined);
  proxy.stallLinks();
  assert.equal((await copying).code, "PG207");
  assert.equal(from.isAlive, false);
});

test("a COPY out of a line that swallows everything is given up at both ends", async (t) => {
  const { proxy, connection: from, database } = await openLine(t);
  const to = await openConnection(database.target, { lineCheckMs });
  t.after(() => to.destroy());
  let passed = 0;
  const copying = rejection(
    copyBetween({
      from,
      read: "copy (select g, repeat('x', 1000) from generate_series(1, 2000000) g)" +
        " to stdout (format binary)",
      to,
      write: "copy rows from stdin (format binary)",
      onBytes: (bytes) => passed += bytes,
    }),
    20_000,
  );
  await waitFor("data to flow", () => passed > 1_000_000 ? true : undefined);
  proxy.stallLinks();
  assert.equal((await copying).code, "PG207");
  assert.equal(to.isAlive, false);
});

test("a statement that takes long, a slow source and a slow reader are left in peace", async (t) => {
  const { connection } = await openLine(t);
  const slowMs = 8 * lineCheckMs;
  await connection.sql`select pg_sleep(${slowMs / 1_000})`;
  async function* chunks() {
    yield Buffer.from("1\tfirst\n");
    await new Promise((resolve) => setTimeout(resolve, slowMs));
    yield Buffer.from("2\tsecond\n");
  }
  const write = "copy rows from stdin";
  assert.equal((await copyInto({ chunks: chunks(), to: connection, write })).rows, 2);
  await connection.sql.begin(async (tx) => {
    for await (const rows of tx`select generate_series(1, 4) as n`.cursor(2)) {
      assert.equal(rows.length, 2);
      await new Promise((resolve) => setTimeout(resolve, slowMs));
    }
    await new Promise((resolve) => setTimeout(resolve, slowMs));
  });
  assert.equal(connection.isAlive, true);
});
