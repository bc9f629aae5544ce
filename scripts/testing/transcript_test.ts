import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { findLeaks } from "./transcript.ts";

test("a secret that came out fails the run, and is not told again", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-transcript-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "outputs.txt");
  await writeFile(file, "all is well\nlogin as me:hunter2 failed\n");
  const secrets = new Map([["the password", "hunter2"], ["a token", "never-printed"]]);
  const { failures, passed } = findLeaks(file, secrets);
  assert.deepEqual(failures.map(({ name }) => name), ["the password came out"]);
  assert.equal(failures[0]?.detail, "login as me:<the secret> failed");
  assert.equal(passed, 0);
  assert.deepEqual(findLeaks(file, new Map([["a token", "never-printed"]])).failures, []);
});
