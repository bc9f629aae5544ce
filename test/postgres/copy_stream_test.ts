import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { test, type TestContext } from "node:test";

import { PerigeeError } from "../../src/error.ts";
import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { copyBetween, copyInto, copyOut } from "../../src/postgres/copy_stream.ts";
import { waitForNoBackends } from "../support/backends.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { openProxy } from "../support/proxy.ts";
import { rejection } from "../support/rejection.ts";
import { waitFor } from "../support/wait.ts";

const write = "copy rows from stdin (format binary)";

async function open(t: TestContext, database: TestDatabase, name: string): Promise<Connection> {
  const connection = await openConnection(database.target, { applicationName: name });
  t.after(() => connection.destroy());
  return connection;
}

async function openBoth(t: TestContext) {
  const target = await openTestDatabase(t, "create table rows (id integer, body text)");
  const source = target;
  const from = await open(t, source, "copy reader");
  const to = await open(t, target, "copy writer");
  return { source, target, from, to };
}

const readRows = (count: number, bytes: number) =>
  `copy (select g, repeat(chr(65 + g % 26), ${bytes}) from generate_series(1, ${count}) g)` +
  " to stdout (format binary)";

test("rows arrive whole, and the connections can copy again and do other work", async (t) => {
  const { target, from, to } = await openBoth(t);
  let heard = 0;
  const onBytes = (bytes: number) => heard += bytes;
  const first = await copyBetween({ from, read: readRows(100_000, 200), to, write, onBytes });
  assert.equal(first.rows, 100_000);
  assert.equal(first.bytes, heard);
  assert.equal((await copyBetween({ from, read: readRows(3, 10), to, write })).rows, 3);
  await from.sql`select 1`;
  await to.sql`select 1`;
  const [row] = await target.sql`
    select count(*)::integer as rows, sum(length(body))::integer as characters from rows`;
  assert.deepEqual({ ...row }, { rows: 100_003, characters: 100_000 * 200 + 30 });
});

test("no rows at all are zero rows", async (t) => {
  const { from, to } = await openBoth(t);
  const { rows } = await copyBetween({ from, read: readRows(0, 1), to, write });
  assert.equal(rows, 0);
});

test("rows of an open transaction are there only after its commit", async (t) => {
  const { target, from, to } = await openBoth(t);
  await from.sql.unsafe("begin isolation level repeatable read read only");
  await to.sql.unsafe("begin");
  await copyBetween({ from, read: readRows(10, 1), to, write });
  const count = async () => (await target.sql`select count(*)::integer as n from rows`)[0]?.["n"];
  assert.equal(await count(), 0);
  await to.sql.unsafe("commit");
  await from.sql.unsafe("commit");
  assert.equal(await count(), 10);
});

test("one row need not wait for Nagle's algorithm and a delayed acknowledgement", async (t) => {
  const { from, to } = await openBoth(t);
  let fastest = Infinity;
  for (let run = 0; run < 50; run += 1) {
    const startedAt = performance.now();
    await copyBetween({ from, read: readRows(1, 1), to, write });
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  assert.ok(fastest < 40, `the fastest took ${fastest} ms; one delayed acknowledgement is 40 ms`);
});

test("chunks made here arrive, and what is read out is what came in", async (t) => {
  const { to } = await openBoth(t);
  async function* chunks() {
    for (let id = 1; id <= 1_000; id += 1) yield Buffer.from(`${id}\tline ${id}\n`);
  }
  const { rows } = await copyInto({ chunks: chunks(), to, write: "copy rows from stdin" });
  assert.equal(rows, 1_000);
  let text = "";
  const read = "copy (select id, body from rows order by id) to stdout";
  for await (const chunk of copyOut({ from: to, read })) text += Buffer.from(chunk).toString();
  assert.equal(text.split("\n").length, 1_001);
  assert.ok(text.startsWith("1\tline 1\n2\tline 2\n"));
  assert.equal((await to.sql`select 1 as one`)[0]?.["one"], 1);
});

test("a slow target holds the source back, and memory stays bounded", async (t) => {
  const { target, from } = await openBoth(t);
  const proxy = await openProxy(target.target);
  t.after(() => proxy.close());
  const slow = { ...target.target, host: proxy.host, port: proxy.port };
  const to = await openConnection(slow, { applicationName: "slow writer" });
  proxy.throttle(1_000_000);
  const stop = new AbortController();
  let passed = 0;
  const before = process.memoryUsage().rss;
  const copying = copyBetween({
    from,
    read: readRows(400_000, 1_000),
    to,
    write,
    signal: stop.signal,
    onBytes: (bytes) => passed += bytes,
  });
  const failing = rejection(copying, 30_000);
  await waitFor("2 MB to pass", () => passed > 2_000_000 ? true : undefined);
  const grownMb = (process.memoryUsage().rss - before) / 1e6;
  assert.ok(passed < 20_000_000, `${passed} bytes of 400 MB were taken from the source`);
  assert.ok(grownMb < 100, `memory grew by ${grownMb} MB`);
  stop.abort();
  assert.equal((await failing).kind, "shutdown");
});

test("an abort in the middle ends both sessions at once and writes nothing", async (t) => {
  const { source, target, from, to } = await openBoth(t);
  const stop = new AbortController();
  const reason = new PerigeeError("stopping", { kind: "shutdown", code: "PG001" });
  let passed = 0;
  const copying = copyBetween({
    from,
    read: readRows(5_000_000, 1_000),
    to,
    write,
    signal: stop.signal,
    onBytes: (bytes) => passed += bytes,
  });
  const failing = rejection(copying);
  await waitFor("data to flow", () => passed > 0 ? true : undefined);
  stop.abort(reason);
  assert.equal(await failing, reason);
  await waitForNoBackends(source.sql, "copy reader");
  await waitForNoBackends(target.sql, "copy writer");
  const [row] = await target.sql`select count(*)::integer as n from rows`;
  assert.equal(row?.["n"], 0);
});

test("a signal that was given before copies nothing", async (t) => {
  const { from, to } = await openBoth(t);
  const signal = AbortSignal.abort();
  const error = await rejection(copyBetween({ from, read: readRows(1, 1), to, write, signal }));
  assert.equal(error.kind, "shutdown");
});
