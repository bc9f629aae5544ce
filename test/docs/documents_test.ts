import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { parseArgs } from "node:util";
import { parse, stringify } from "yaml";
import { parseArgsOptions } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { loadConfig } from "../../src/config/load.ts";
import { seedShop } from "../../src/sample/shop.ts";
import { makeFolder, repository } from "../support/daemon_process.ts";
import { openExport } from "../support/export_fixture.ts";
import { type Block, readCommands, readDocuments } from "./documents.ts";

const documents = await readDocuments();
const blocks = documents.flatMap((document) => document.blocks);
const scripts = Object.keys(
  (JSON.parse(await readFile(path.join(repository, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  }).scripts,
);

function placeOf({ file, line }: Block): string {
  return `${file}:${line}`;
}

test("every block says its language, and this file or another knows what to do with it", () => {
  assert.ok(documents.length > 25 && blocks.length > 60);
  const languages = ["yaml", "sh", "sql", "json", "velocity", "text"];
  for (const block of blocks) {
    assert.ok(languages.includes(block.language), `${placeOf(block)}: ${block.language || "none"}`);
  }
});

test("every link to another document or file leads there", () => {
  for (const { file, text } of documents) {
    for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const target = path.join(repository, path.dirname(file), link);
      assert.ok(existsSync(target), `${file} links to ${link}`);
    }
  }
});

/** What blocks of configuration refer to and do not define themselves. */
const world = {
  connectors: {
    shop: { url: "postgres://a@db.example.com/shop", key: { column: "email", field: "email" } },
    crm: { url: "postgres://a@db.example.com/crm", key: { column: "email", field: "email" } },
  },
  sources: { promo_codes: { id: 1043, connector: "shop", table: "promo_codes" } },
  segments: {
    birthday_today: segmentOf(1),
    unsubscribed: segmentOf(2),
  },
  sinks: { crm: { webhook: "https://hooks.example.com/crm", secrets: ["a-secret-of-the-test"] } },
};

function segmentOf(id: number) {
  return {
    id,
    where: { source: "promo_codes", conditions: { birthday: { anniversary: "today" } } },
  };
}

const environment = {
  ALERT_WEBHOOK: "https://hooks.example.com/alerts",
  ALERT_SECRET: "a long enough secret",
  CRM_URL: "postgres://perigee@db.example.com/crm",
  PERIGEE_HUB_URL: "postgres://perigee@db.example.com/hub",
  SHOP_PASSWORD: "open sesame",
};

/** The world without what the block defines. */
function worldAround(block: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(world).map(([section, entries]) => {
      const own = Object.keys((block[section] ?? {}) as object);
      return [
        section,
        Object.fromEntries(Object.entries(entries).filter(([name]) => !own.includes(name))),
      ];
    }).filter(([, entries]) => Object.keys(entries as object).length > 0),
  );
}

/** A block that begins indented goes on where the block before it ended. */
function completeYaml(block: Block): string {
  if (!block.text.startsWith(" ")) return block.text;
  const before = blocks.filter((each) => each.file === block.file && each.language === "yaml");
  return `${before[before.indexOf(block) - 1]?.text ?? ""}${block.text}`;
}

async function loadBlock(t: TestContext, yaml: string) {
  const folder = await makeFolder(t);
  await cp(path.join(repository, "config/templates"), path.join(folder, "templates"), {
    recursive: true,
  });
  await mkdir(path.join(folder, "secrets"));
  await writeFile(path.join(folder, "secrets/webhook"), "a-secret-of-the-test");
  const text = yaml.replaceAll("/run/secrets/", `${folder}/secrets/`)
    .replaceAll(
      "/etc/perigee/inner_ca.pem",
      path.join(repository, "test/support/certificates/authority.crt"),
    );
  await writeFile(path.join(folder, "document.yaml"), text);
  await writeFile(path.join(folder, "world.yaml"), stringify(worldAround(parse(text) ?? {})));
  return await loadConfig(folder, { env: environment });
}

test("every configuration loads without a problem", async (t) => {
  const found = blocks.filter(({ language }) => language === "yaml");
  assert.ok(found.length >= 12);
  for (const block of found) {
    const loaded = await loadBlock(t, completeYaml(block));
    const problems = loaded.ok ? [] : loaded.problems;
    assert.deepEqual(problems.map(({ message }) => message), [], placeOf(block));
  }
});

/** What a command line of a document must be for the program that it begins with. */
const programs: Readonly<Record<string, (words: readonly string[]) => void>> = {
  npm([verb = "", script]) {
    if (verb === "ci" || verb === "audit") return;
    const name = verb === "run" ? script ?? "" : verb;
    assert.ok(scripts.includes(name), `there is no script ${name}`);
  },
  perigee([verb, ...rest]) {
    const command = commands.find(({ name }) => name === verb);
    assert.ok(command, `there is no command ${verb}`);
    parseArgs({
      args: rest,
      options: parseArgsOptions(command),
      allowPositionals: true,
      strict: true,
    });
  },
  deno(words) {
    assert.ok(existsSync(path.join(repository, words.at(-1) ?? "")), words.join(" "));
  },
  curl(words) {
    assert.match(words.join(" "), /localhost:8080\/(render|health|metrics)/);
  },
  docker([tool, verb]) {
    assert.deepEqual([tool, verb], ["compose", "up"]);
  },
  psql(words) {
    assert.ok(words.length > 0);
  },
  export([assignment = ""]) {
    assert.match(assignment, /^[A-Z_]+=/);
  },
};

test("every command is one that there is, with options that it has", () => {
  for (const block of blocks.filter(({ language }) => language === "sh")) {
    for (const words of readCommands(block.text)) {
      const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
      const [program = "", ...rest] = words.slice(Math.max(0, start));
      const check = programs[program];
      assert.ok(check, `${placeOf(block)}: nobody knows ${program}`);
      assert.doesNotThrow(() => check(rest), `${placeOf(block)}: ${words.join(" ")}`);
    }
  }
});

test("every command that a sentence names is one that there is, with options that it has", () => {
  for (const { file, text } of documents) {
    for (const [, line = ""] of text.matchAll(/`perigee ([a-z][^`]*)`/g)) {
      const [verb = "", ...rest] = line.split(/\s+/);
      const command = commands.find(({ name }) => name === verb);
      assert.ok(command, `${file} names perigee ${verb}`);
      const known = Object.keys(parseArgsOptions(command));
      for (const [, option = ""] of rest.join(" ").matchAll(/--([a-z-]+)/g)) {
        assert.ok(known.includes(option), `${file}: perigee ${line}`);
      }
    }
  }
});

test("every object of JSON is one", () => {
  for (const block of blocks.filter(({ language }) => language === "json")) {
    assert.doesNotThrow(() => JSON.parse(block.text), placeOf(block));
  }
});

/** Documents whose queries are run by a test of their own, which prepares what they speak of. */
const ownTests: Readonly<Record<string, string>> = {
  "docs/hub.md": "test/hub/hub_document_test.ts",
  "docs/operations.md": "test/hub/operations_document_test.ts",
  "docs/getting-started.md": "test/docs/getting_started_test.ts",
};

const onHub = ["docs/alerts.md", "docs/sinks.md", "docs/scaling.md"];
const onShop = ["docs/exports.md", "docs/triggers.md"];

test("every query runs: on a hub, or on a customer's database with exported tables", async (t) => {
  const { hub, customer: shop, run } = await openExport(t);
  await seedShop(shop.sql, { now: new Date(), timezone: "UTC" });
  await run();
  for (const block of blocks.filter(({ language }) => language === "sql")) {
    const own = ownTests[block.file];
    if (own !== undefined) {
      const name = path.basename(block.file, ".md");
      assert.ok((await readFile(path.join(repository, own), "utf8")).includes(name), own);
      continue;
    }
    assert.ok([...onHub, ...onShop].includes(block.file), `${placeOf(block)}: where does it run?`);
    const { sql } = onHub.includes(block.file) ? hub : shop;
    await sql.unsafe(block.text).simple();
  }
});
