import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import type { Sql } from "postgres";
import { dispatch } from "../../src/cli/dispatch.ts";
import { testCommand } from "../../src/cli/test.ts";
import { openTestDatabase } from "../support/database.ts";
import { makeFolder, repository } from "../support/daemon_process.ts";

const shipped = path.join(repository, "config");

async function perigeeTest(...words: string[]) {
  let [out, err] = ["", ""];
  const exitCode = await dispatch(["test", ...words], [testCommand], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    isErrTerminal: false,
    env: {},
    signal: new AbortController().signal,
  });
  return { exitCode, out, err };
}

test("the shipped configuration's tests pass on an embedded Postgres of their own", async () => {
  const answer = await perigeeTest("--config", shipped);
  assert.equal(answer.exitCode, 0, answer.out + answer.err);
  assert.match(answer.out, /^ok {4}segment\/birthday_today: /m);
  assert.match(answer.out, /^ok {4}message\/birthday_greeting: /m);
  assert.match(answer.out, /^[1-9]\d* tests, 0 failed$/m);
});

test("a test that fails says what is otherwise, and the exit code is 1", async (t) => {
  const folder = await makeFolder(t);
  await cp(shipped, folder, { recursive: true });
  const file = path.join(folder, "perigee.yaml");
  const text = await readFile(file, "utf8");
  const broken = text.replace("members: [leap@example.com]", "members: [leek@example.com]")
    .replace("Dina, a gift", "Dina, no gift");
  await writeFile(file, broken);
  const { sql, url } = await openTestDatabase(t);
  const answer = await perigeeTest("--config", folder, "--server", url);
  assert.equal(answer.exitCode, 1, answer.err);
  assert.match(
    answer.out,
    /FAIL {2}segment.*\n.*perigee\.yaml:\d+:\d+\n +leek@example\.com must be/,
  );
  assert.match(answer.out, /subject is "Dina, a gift.*" and must be "Dina, no gift/);
  assert.match(answer.out, /^4 tests, 2 failed$/m);
  assert.deepEqual(await leftOver(sql), [], "the databases are dropped");
  const json = await perigeeTest("--config", folder, "--server", url, "--json");
  const results = json.out.trim().split("\n").map((line) =>
    JSON.parse(line) as { passed: boolean }
  );
  assert.deepEqual(results.map(({ passed }) => passed), [true, false, false, true]);
});

async function leftOver(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select datname as name from pg_database where datname like 'perigee_test_%'`;
  return rows.map(({ name }) => name);
}

test("a test that expects nothing, or has rows of no source, is refused with its place", async (t) => {
  const folder = await makeFolder(t);
  const file = path.join(folder, "perigee.yaml");
  await writeFile(
    file,
    `messages:
  gift:
    id: 1
    text: hello
    tests:
      - at: 2026-02-28
      - { at: soon, text: hello, rows: { nowhere: [] } }
`,
  );
  const answer = await perigeeTest("--config", folder);
  assert.equal(answer.exitCode, 2);
  assert.match(answer.err, /PG129/);
  assert.match(answer.err, /PG140/);
  await writeFile(file, (await readFile(file, "utf8")).replace(/ +- \{ at: soon.*\n/, ""));
  assert.match((await perigeeTest("--config", folder)).err, /PG153[^]*expects nothing/);
});

test("a configuration without tests passes and starts nothing", async (t) => {
  const folder = await makeFolder(t);
  await writeFile(path.join(folder, "perigee.yaml"), "timezone: UTC\n");
  const answer = await perigeeTest(
    "--config",
    folder,
    "--server",
    "postgres://nobody@127.0.0.1:9/x",
  );
  assert.deepEqual([answer.exitCode, answer.out], [0, "0 tests, 0 failed\n"]);
});
