import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, lstat, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { type Cluster, startCluster } from "../../src/embedded/cluster.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { makeClusterFolder } from "../support/cluster_folder.ts";
import { type Scope, testTarget } from "../support/database.ts";
import { lastFirst } from "../support/last_first.ts";
import { rejection } from "../support/rejection.ts";
import { runtimeCommand } from "../support/runtime_command.ts";
import { waitFor } from "../support/wait.ts";

const ownerFile = fileURLToPath(new URL("./cluster_owner.ts", import.meta.url));

/** What a daemon with default settings does. Stopped at the end, and what it left is removed. */
async function start(scope: Scope, dataDir: string): Promise<Cluster> {
  const cluster = await startCluster({ dataDir, binaries: await findEmbeddedBinaries() });
  scope.after(() => cluster.stop());
  return cluster;
}

async function run(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const connection = await openConnection(testTarget(url));
  try {
    return await connection.sql.unsafe(statement);
  } finally {
    await connection.end();
  }
}

/** Starts a process that owns a cluster, and waits until its server answers. */
async function startOwner(scope: Scope, dataDir: string): Promise<[ChildProcess, string]> {
  const [file, given] = runtimeCommand(ownerFile, [dataDir]);
  const owner = spawn(file, given, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  owner.stdout?.on("data", (chunk) => output += String(chunk));
  const line = await waitFor(
    "the cluster",
    () => output.includes("\n") ? output : undefined,
    30_000,
  );
  const { url } = JSON.parse(line) as { url: string };
  const [row] = await run(url, "select current_setting('data_directory') as directory");
  scope.after(async () => void await untilStopped(String(row?.["directory"])));
  scope.after(() => void owner.kill("SIGKILL"));
  return [owner, url];
}

/** A server that answers nobody any more still writes for a moment; its last act is to remove this. */
const untilStopped = (directory: string) =>
  waitFor(
    "the server to end",
    async () =>
      await stat(path.join(directory, "postmaster.pid")).then(() => undefined, () => true),
    30_000,
  );

const untilUnreachable = (url: string) =>
  waitFor("the server to stop", async () =>
    await openConnection(testTarget(url)).then(
      (connection) => (connection.destroy(), undefined),
      () => true,
    ), 30_000);

test("a first start makes the data, a second finds it, at the same port and password", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const first = await start(scope, dataDir);
  assert.equal(first.isNew, true);
  await run(first.superuserUrl, "create table kept as select 7 as n");
  await first.stop();
  await untilUnreachable(first.superuserUrl);
  const second = await start(scope, dataDir);
  assert.deepEqual([second.isNew, second.superuserUrl], [false, first.superuserUrl]);
  assert.equal((await run(second.superuserUrl, "select n from kept"))[0]?.["n"], 7);
  await second.stop();
  await second.stop();
});

test("the server listens on loopback TCP alone, durably, and wants its password", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const cluster = await start(scope, dataDir);
  const rows = await run(
    cluster.superuserUrl,
    `select string_agg(name || '=' || setting, ' ' order by name) as settings from pg_settings
     where name in ('listen_addresses', 'unix_socket_directories', 'fsync', 'password_encryption')`,
  );
  assert.equal(
    rows[0]?.["settings"],
    "fsync=on listen_addresses=127.0.0.1 password_encryption=scram-sha-256 unix_socket_directories=",
  );
  const wrong = await rejection(
    openConnection(testTarget(cluster.url("postgres", "postgres", "x"))),
  );
  assert.equal(wrong.sqlstate, "28P01");
  const lower = await run(cluster.superuserUrl, "select lower('ÄÉ') as l, 'a' < 'B' as s");
  assert.deepEqual({ ...lower[0] }, { l: "äé", s: false });
});

test("the password is in a file for its owner alone, and in no server's arguments", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const cluster = await start(scope, dataDir);
  const file = path.join(dataDir, "password");
  const password = (await readFile(file, "utf8")).trim();
  assert.ok(password.length >= 32 && cluster.superuserUrl.includes(password));
  assert.equal((await stat(file)).mode & 0o077, 0);
  if (process.platform !== "linux") return;
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const given = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    assert.ok(!given.includes(password), given);
  }
});

test("a killed daemon's server stops by itself, and the next start goes on", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const [owner, url] = await startOwner(scope, dataDir);
  await run(url, "create table kept as select 7 as n");
  owner.kill("SIGKILL");
  await untilUnreachable(url);
  const next = await start(scope, dataDir);
  assert.equal(next.isNew, false);
  assert.equal((await run(next.superuserUrl, "select n from kept"))[0]?.["n"], 7);
});

test("a start right after a kill takes over, with the server still there", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const [owner, url] = await startOwner(scope, dataDir);
  await run(url, "create table kept as select 7 as n");
  const ended = new Promise((resolve) => owner.once("exit", resolve));
  owner.kill("SIGKILL");
  await ended;
  const next = await start(scope, dataDir);
  assert.equal((await run(next.superuserUrl, "select n from kept"))[0]?.["n"], 7);
});

test("a folder that a living process uses is refused, and its server runs on", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const [owner, url] = await startOwner(scope, dataDir);
  const binaries = await findEmbeddedBinaries();
  const error = await rejection(startCluster({ dataDir, binaries }));
  assert.deepEqual([error.kind, error.code], ["conflict", "PG295"]);
  assert.ok(error.message.includes(String(owner.pid)));
  assert.equal((await run(url, "select 1 as n"))[0]?.["n"], 1);
});

test("a first start that was broken off half-way begins anew", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const cluster = await start(scope, dataDir);
  await cluster.stop();
  await rm(path.join(dataDir, "pgdata", "perigee.conf"));
  const again = await start(scope, dataDir);
  assert.equal(again.isNew, true);
  assert.equal((await run(again.superuserUrl, "select 1 as n"))[0]?.["n"], 1);
});

test("data of another major version is refused and left as it is", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const cluster = await start(scope, dataDir);
  await cluster.stop();
  await writeFile(path.join(dataDir, "pgdata", "PG_VERSION"), "12\n");
  const binaries = await findEmbeddedBinaries();
  const error = await rejection(startCluster({ dataDir, binaries }));
  assert.equal(error.code, "PG297");
  assert.match(error.message, /PostgreSQL 12/);
});

test("a server that cannot start says why", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const settings = { shared_buffers: "not a size" };
  const binaries = await findEmbeddedBinaries();
  const error = await rejection(startCluster({ dataDir, binaries, settings }), 30_000);
  assert.equal(error.code, "PG296");
  assert.match(error.message, /shared_buffers/);
});

test("a throwaway cluster leaves no folder behind", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const binaries = await findEmbeddedBinaries();
  const cluster = await startCluster({ dataDir, binaries, isThrowaway: true });
  await cluster.stop();
  await assert.rejects(stat(dataDir), { code: "ENOENT" });
});

test("root's clusters run as another user, below the folder that was asked for", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root runs the server as somebody else");
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const cluster = await start(scope, dataDir);
  const { uid } = await stat(path.join(dataDir, "pgdata"));
  assert.notEqual(uid, 0);
  assert.ok((await lstat(dataDir)).isDirectory());
  assert.match(cluster.notes.join(" "), /runs as the user/);
});

test("a folder that the server's user cannot enter leads to one that it can, for good", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root runs the server as somebody else");
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  await chmod(path.dirname(path.dirname(dataDir)), 0o700);
  const cluster = await start(scope, dataDir);
  const place = await readlink(dataDir);
  scope.after(() => rm(place, { recursive: true, force: true }));
  assert.ok(cluster.notes.some((note) => note.includes(place) && note.includes(dataDir)));
  await run(cluster.superuserUrl, "create table kept as select 7 as n");
  await cluster.stop();
  const again = await start(scope, dataDir);
  assert.equal(again.isNew, false);
  assert.equal((await run(again.superuserUrl, "select n from kept"))[0]?.["n"], 7);
  await again.stop();
});
