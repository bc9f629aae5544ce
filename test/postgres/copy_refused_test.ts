import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test, type TestContext } from "node:test";

import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { copyBetween, copyInto, copyOut } from "../../src/postgres/copy_stream.ts";
import { waitForNoBackends } from "../support/backends.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { rejection } from "../support/rejection.ts";

const readerName = "copy reader";
const writerName = "copy writer";

interface Pair {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly from: Connection;
  readonly to: Connection;
}

const targetTable = `
  create table people (
    id integer primary key,
    name text check (name <> 'nobody'),
    note varchar(10)
  );
  insert into people values (1, 'first', 'there');
  create table parents (id integer primary key);
  create table children (id integer references parents deferrable initially deferred)`;

async function openPair(t: TestContext): Promise<Pair> {
  const target = await openTestDatabase(t, targetTable);
  const source = target;
  const from = await openConnection(source.target, { applicationName: readerName });
  const to = await openConnection(target.target, { applicationName: writerName });
  t.after(() => (from.destroy(), to.destroy()));
  return { source, target, from, to };
}

/** Copies what `query` reads, and checks that it fails with the SQLSTATE and leaves nothing. */
async function assertRefused(
  t: TestContext,
  query: string,
  sqlstate: string,
  write = "copy people from stdin (format binary)",
): Promise<void> {
  const { source, target, from, to } = await openPair(t);
  const copying = copyBetween({
    from,
    read: `copy (${query}) to stdout (format binary)`,
    to,
    write,
  });
  const error = await rejection(copying, 10_000);
  assert.equal(error.sqlstate, sqlstate, error.message);
  assert.equal(from.isAlive || to.isAlive, false, "both connections are over");
  assert.equal((await rejection(to.sql.unsafe("select 1"))).kind, "shutdown");
  await waitForNoBackends(source.sql, readerName);
  await waitForNoBackends(target.sql, writerName);
  const [row] = await target.sql<{ count: string }[]>`select count(*) from people`;
  assert.equal(row?.count, "1", "nothing was written");
}

const oneRow = (id: number, name: string, note: string) =>
  `select ${id}::integer, '${name}'::text, '${note}'::varchar`;

test("one row whose key exists is refused with 23505", (t) =>
  assertRefused(t, oneRow(1, "second", "x"), "23505"));

test("two rows of which the second has the key of the first are refused with 23505", (t) =>
  assertRefused(t, `${oneRow(7, "a", "x")} union all ${oneRow(7, "b", "x")}`, "23505"));

test("one row that a check forbids is refused with 23514", (t) =>
  assertRefused(t, oneRow(2, "nobody", "x"), "23514"));

test("one row without its key is refused with 23502", (t) =>
  assertRefused(t, "select null::integer, 'a'::text, 'b'::varchar", "23502"));

test("one value that is too long is refused with 22001", (t) =>
  assertRefused(t, oneRow(2, "a", "more than ten characters"), "22001"));

test("a type of another width is refused with 22P03", (t) =>
  assertRefused(t, "select 2::bigint, 'a'::text, 'b'::varchar", "22P03"));

test("rows with a column too many are refused with 22P04", (t) =>
  assertRefused(t, `${oneRow(2, "a", "b")}, 3`, "22P04"));

test("a table that does not exist is refused with 42P01", (t) =>
  assertRefused(t, oneRow(2, "a", "b"), "42P01", "copy persons from stdin (format binary)"));

test("a deferred foreign key that fails at the statement's own commit is refused with 23503", (t) =>
  assertRefused(t, "select 5::integer", "23503", "copy children from stdin (format binary)"));

test("an error in the source's first packet is the source's, and nothing is thrown aside", (t) =>
  assertRefused(t, "select 1/0, 'a'::text, 'b'::varchar", "22012"));

test("an error of the source after many rows is the source's", (t) =>
  assertRefused(
    t,
    "select g, repeat('x', 50), 'n'::varchar from generate_series(2, 100000) g" +
      " where 1 / (50000 - g) is not null",
    "22012",
  ));

test("a source that does not exist is refused with 42P01", (t) =>
  assertRefused(t, "select * from nowhere", "42P01"));

test("a statement that does not copy is refused by the server", async (t) => {
  const { from, to } = await openPair(t);
  const write = "copy people from stdin (format binary)";
  const error = await rejection(copyBetween({ from, read: "copy nowhere", to, write }));
  assert.equal(error.sqlstate, "42601");
});

test("an error inside a transaction of the caller ends that transaction", async (t) => {
  const { target, from, to } = await openPair(t);
  await to.sql.unsafe("begin");
  await to.sql`insert into people values (50, 'fifty', 'x')`;
  const read = `copy (${oneRow(1, "again", "x")}) to stdout (format binary)`;
  const write = "copy people from stdin (format binary)";
  assert.equal((await rejection(copyBetween({ from, read, to, write }))).sqlstate, "23505");
  await waitForNoBackends(target.sql, writerName);
  const rows = await target.sql<{ id: number }[]>`select id from people`;
  assert.deepEqual(rows.map(({ id }) => id), [1]);
});

test("rows made here that violate the key are refused with 23505", async (t) => {
  const { target, to } = await openPair(t);
  async function* chunks() {
    yield Buffer.from("1\tagain\tx\n");
  }
  const error = await rejection(
    copyInto({ chunks: chunks(), to, write: "copy people from stdin" }),
  );
  assert.equal(error.sqlstate, "23505");
  assert.ok(!error.message.includes("again"), "no value of a row is in the message");
  await waitForNoBackends(target.sql, writerName);
});

test("an error of whoever makes the rows comes out as it is and writes nothing", async (t) => {
  const { target, to } = await openPair(t);
  async function* chunks() {
    yield Buffer.from("2\tsecond\tx\n");
    throw new RangeError("no more rows");
  }
  await assert.rejects(
    copyInto({ chunks: chunks(), to, write: "copy people from stdin" }),
    RangeError,
  );
  await waitForNoBackends(target.sql, writerName);
  const [row] = await target.sql<{ count: string }[]>`select count(*) from people`;
  assert.equal(row?.count, "1");
});

test("an error of the source reaches whoever reads its rows", async (t) => {
  const { source, from } = await openPair(t);
  const read = "copy (select 1 / (5000 - g) from generate_series(1, 10000) g) to stdout";
  const readAll = async () => {
    for await (const _chunk of copyOut({ from, read }));
  };
  assert.equal((await rejection(readAll())).sqlstate, "22012");
  await waitForNoBackends(source.sql, readerName);
});

test("a reader that breaks off frees the source's session", async (t) => {
  const { source, from } = await openPair(t);
  const read = "copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout";
  for await (const chunk of copyOut({ from, read })) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal(from.isAlive, false);
  await waitForNoBackends(source.sql, readerName);
});
