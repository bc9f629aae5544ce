import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { dispatch } from "../../src/cli/dispatch.ts";
import { makeFolder, spawnDaemon } from "../support/daemon_process.ts";
import { openTestDatabase } from "../support/database.ts";
import { type Block, readCommands, readDocument } from "./documents.ts";

const { blocks } = await readDocument("docs/getting-started.md");
const hub = await openTestDatabase({ after });
const crm = await openTestDatabase({ after });
const folder = await makeFolder({ after });
/** What `export` of the document set, with the addresses of this test. */
const env: Record<string, string> = { PERIGEE_CONFIG: folder };
const addresses: Record<string, string> = { PERIGEE_HUB_URL: hub.url, CRM_URL: crm.url };

async function runCommand(words: readonly string[]): Promise<string> {
  const [program, ...rest] = words;
  if (program === "export") {
    const [name = ""] = (rest[0] ?? "").split("=");
    env[name] = addresses[name] ?? assert.fail(`no address for ${name}`);
    return "";
  }
  assert.equal(program, "perigee");
  if (rest[0] === "start") return await runDaemon();
  let [out, err] = ["", ""];
  const exitCode = await dispatch(rest, commands, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    isErrTerminal: false,
    env,
    signal: new AbortController().signal,
  });
  assert.equal(exitCode, 0, `${words.join(" ")}\n${out}${err}`);
  return out;
}

async function runDaemon(): Promise<string> {
  const daemon = spawnDaemon({ after }, {
    config: folder,
    env: { ...env, PERIGEE_LOG_LEVEL: "debug" },
  });
  await daemon.waitForLine("run_finished", ({ name }) => name === "export/crm");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  return "";
}

async function runBlock({ language, text }: Block): Promise<string> {
  if (language === "yaml") {
    await writeFile(path.join(folder, "perigee.yaml"), `${text}server: { port: 0 }\n`);
    return "";
  }
  if (language === "sh") {
    const outputs: string[] = [];
    for (const words of readCommands(text)) outputs.push(await runCommand(words));
    return outputs.join("");
  }
  assert.equal(language, "sql");
  const results = await crm.sql.unsafe(text).simple();
  return JSON.stringify(results);
}

test("getting-started, followed block by block, ends with the tables that it promises", async () => {
  const outputs: string[] = [];
  for (const block of blocks) outputs.push(await runBlock(block));
  const told = outputs.join("\n");
  assert.match(told, /birthday_today: 1 contacts/);
  assert.match(told, /Happy birthday, Dina/);
  const rows = await crm.sql`select email from marketing.contacts order by email`;
  assert.deepEqual(rows.map(({ email }) => email), ["boris@example.com", "dina@example.com"]);
  const tables = await crm.sql`select 1 from pg_tables
    where schemaname = 'marketing' and tablename not like 'perigee%'`;
  assert.equal(tables.length, 9);
});
