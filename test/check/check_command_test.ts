import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { CheckStep } from "../../src/check/check_step.ts";
import { check } from "../../src/cli/check.ts";
import { dispatch } from "../../src/cli/dispatch.ts";
import { grants } from "../../src/cli/grants.ts";
import { writeConfig } from "../support/checked_config.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";

async function runCheck(folder: string, ...words: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await dispatch(["check", "--config", folder, ...words], [check], {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    isTerminal: false,
    isErrTerminal: false,
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out: out.join(""), err: err.join("") };
}

async function openFolder(t: TestContext, more = ""): Promise<string> {
  const [hub, shop] = [await openTestHub(t), await openTestDatabase(t)];
  const { folder } = await writeConfig(
    t,
    `hub: { url: "${hub.url}" }
connectors:
  shop:
    url: ${shop.url}
    key: { column: email, field: email }
${more}`,
  );
  return folder;
}

const missingTable = "sources:\n  codes: { id: 1, connector: shop, table: no_such_table }\n";

test("a configuration with warnings alone passes, step by step in words", async (t) => {
  const { code, out } = await runCheck(await openFolder(t));
  assert.equal(code, 0);
  assert.match(out, /^hub\n {2}✓ name/m);
  assert.match(out, /^ {2}! TLS {8}Connection is not SSL-secured.*\n +→ Turn TLS on/m);
  assert.match(out, /0 failures, 2 warnings\n$/);
  assert.ok(!out.includes("\u001b"), "colour is for terminals");
});

test("one failed step fails the command, after everything else was looked at", async (t) => {
  const { code, out } = await runCheck(await openFolder(t, missingTable));
  assert.equal(code, 1);
  assert.match(out, /✗ table {6}there is no table or view public\.no_such_table/);
  assert.match(out, /1 failure, 2 warnings\n$/);
});

test("--json writes one step a line", async (t) => {
  const { code, out } = await runCheck(await openFolder(t, missingTable), "--json");
  assert.equal(code, 1);
  const steps = out.trim().split("\n").map((line) => JSON.parse(line) as CheckStep);
  const failed = steps.filter(({ state }) => state === "failed");
  assert.deepEqual(failed.map(({ subject, step }) => [subject, step]), [["source/codes", "table"]]);
});

test("a connector can be looked at alone, and one that is not there is wrong use", async (t) => {
  const folder = await openFolder(t);
  const alone = await runCheck(folder, "connector/shop");
  assert.equal(alone.code, 0);
  assert.doesNotMatch(alone.out, /^hub$/m);
  const unknown = await runCheck(folder, "connector/shops");
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /there is no connector\/shops\n.*has connector\/shop/);
});

test("--offline looks at the files and at no database", async (t) => {
  const { folder } = await writeConfig(
    t,
    `connectors:
  shop:
    url: postgres://a:b@db.invalid/shop
    key: { column: email, field: email }
messages:
  hello: { id: 1, subject: Hello, text: Hi }
`,
  );
  const { code, out } = await runCheck(folder, "--offline");
  assert.equal(code, 0);
  assert.equal(out, "message/hello\n  ✓ templates  subject, text compile\nall is well\n");
});

test("a configuration that cannot be read is wrong use, with every problem", async (t) => {
  const { folder } = await writeConfig(t, "timezone: UTC\n");
  await writeFile(path.join(folder, "more.yaml"), "conectors: {}\nserver: { prt: 1 }\n");
  const { code, err } = await runCheck(folder);
  assert.equal(code, 2);
  assert.match(err, /conectors/);
  assert.match(err, /prt/);
});

test("grants prints statements for one connector and purpose, and takes nothing less", async (t) => {
  const folder = await openFolder(t, missingTable);
  const run = async (...words: string[]) => {
    const out: string[] = [];
    const code = await dispatch(["grants", "--config", folder, ...words], [grants], {
      out: (text) => void out.push(text),
      err: () => undefined,
      isTerminal: false,
      isErrTerminal: false,
      env: {},
      signal: new AbortController().signal,
    });
    return { code, out: out.join("") };
  };
  const printed = await run("shop", "--for", "source");
  assert.equal(printed.code, 0);
  assert.match(printed.out, /^grant select on "public"\."no_such_table" to "postgres";$/m);
  assert.equal((await run("shop")).code, 2);
  assert.equal((await run("shops", "--for", "source")).code, 2);
});
