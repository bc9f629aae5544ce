import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { PerigeeError } from "../../src/error.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { type CopiedPart, copyInParts } from "../../src/postgres/copy_parts.ts";
import { waitForNoBackends } from "../support/backends.ts";
import { openTestDatabase } from "../support/database.ts";
import { rejection } from "../support/rejection.ts";
import { waitFor } from "../support/wait.ts";

async function open(t: TestContext) {
  const database = await openTestDatabase(
    t,
    "create table staged (id integer, body text); create table rows (id integer, body text, part integer)",
  );
  const [from, to] = await Promise.all(
    ["parts reader", "parts writer"].map((applicationName) =>
      openConnection(database.target, { applicationName })
    ),
  );
  assert.ok(from && to);
  t.after(() => (from.destroy(), to.destroy()));
  const limits = { leastRows: 100, mostBytes: 200_000, signal: new AbortController().signal };
  const write = "copy staged from stdin (format binary)";
  return { database, from, to, given: { from, to, write, ...limits } };
}

const read = (rows: string, body = "repeat(chr(65 + g % 26), 500)") =>
  `copy (select g, ${body} from generate_series(1, ${rows}) g) to stdout (format binary)`;

test("each row is in one part, parts are in order, and only the last one says so", async (t) => {
  const { database: { sql }, to, given } = await open(t);
  const parts: CopiedPart[] = [];
  const sums = await copyInParts({
    ...given,
    read: read("20000"),
    apply: async (part) => {
      parts.push(part);
      await to.sql.unsafe(`with moved as (delete from staged returning id, body)
        insert into rows select id, body, ${parts.length} from moved`);
    },
  });
  assert.equal(sums.rows, 20_000);
  assert.ok(parts.length > 10, `10 MB came in ${parts.length} parts of 200 KB at most`);
  assert.ok(parts.slice(0, -1).every(({ rows, isLast }) => rows >= 100 && !isLast));
  const [found] = await sql`
    select count(*)::int as rows, count(distinct id)::int as ids, sum(length(body))::int as letters,
      bool_and(part >= before) as ordered
    from (select *, lag(part, 1, 0) over (order by id) as before from rows) as r`;
  assert.deepEqual({ ...found }, {
    rows: 20_000,
    ids: 20_000,
    letters: 20_000 * 500,
    ordered: true,
  });
});

test("a row that is larger than all that may be held passes by itself", async (t) => {
  const { database: { sql }, given } = await open(t);
  const parts: number[] = [];
  await copyInParts({
    ...given,
    read: read("3", "repeat('x', 1000000 * g)"),
    apply: ({ rows }) => Promise.resolve(parts.push(rows)),
  });
  assert.equal(parts.reduce((sum, rows) => sum + rows, 0), 3);
  const [found] = await sql`select sum(length(body))::int as letters from staged`;
  assert.equal(found?.["letters"], 6_000_000);
});

test("no rows are no part", async (t) => {
  const { given } = await open(t);
  const apply = () => Promise.reject(new Error("called for nothing"));
  assert.deepEqual(await copyInParts({ ...given, read: read("0"), apply }), { bytes: 0, rows: 0 });
});

test("what goes wrong with one part comes out, and ends the reader in the middle of it", async (t) => {
  const { database: { sql }, to, given } = await open(t);
  const refused = new PerigeeError("refused", { kind: "data", code: "PG290" });
  const apply = () => Promise.reject(refused);
  const error = await rejection(copyInParts({ ...given, read: read("5000000"), apply }));
  assert.equal(error, refused);
  await waitForNoBackends(sql, "parts reader");
  await to.sql`select 1`;
});

test("after the last part was refused both sessions can be used on", async (t) => {
  const { from, to, given } = await open(t);
  const refused = new PerigeeError("refused", { kind: "data", code: "PG290" });
  const apply = () => Promise.reject(refused);
  assert.equal(await rejection(copyInParts({ ...given, read: read("50"), apply })), refused);
  await from.sql`select 1`;
  await to.sql`select 1`;
});

test("rows before an error of the reader's are applied, and the error comes out", async (t) => {
  const { given } = await open(t);
  let applied = 0;
  const error = await rejection(copyInParts({
    ...given,
    read: read("60000", "repeat('x', 500 / (50000 - g))"),
    apply: ({ rows, isLast }) => {
      assert.equal(isLast, false);
      return Promise.resolve(applied += rows);
    },
  }));
  assert.equal(error.sqlstate, "22012");
  assert.ok(applied < 50_000, `${applied} rows were applied`);
});

test("what the writer's server refuses comes out while the reader waits for room", async (t) => {
  const { database: { sql }, given } = await open(t);
  await sql`alter table staged add check (id < 20000)`;
  const apply = () => Promise.resolve();
  const error = await rejection(copyInParts({ ...given, read: read("5000000"), apply }));
  assert.equal(error.sqlstate, "23514");
  await waitForNoBackends(sql, "parts reader");
});

test("an abort ends both sessions, also while a part is applied", async (t) => {
  const { database: { sql }, to, given } = await open(t);
  const stop = new AbortController();
  let isApplying = false;
  const failing = rejection(copyInParts({
    ...given,
    signal: stop.signal,
    read: read("5000000"),
    apply: async () => {
      isApplying = true;
      await to.sql`select pg_sleep(600)`;
    },
  }));
  await waitFor("a part to be applied", () => isApplying ? true : undefined);
  stop.abort(new PerigeeError("stopping", { kind: "shutdown", code: "PG001" }));
  assert.equal((await failing).kind, "shutdown");
  await waitForNoBackends(sql, "parts reader");
});
