import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { loadConfig } from "../../src/config/load.ts";
import { loadMigrations, migrate } from "../../src/hub/migrate.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { openTestHub } from "../support/database.ts";
import { writeConfig } from "../support/daemon_process.ts";

const documents = new Map<string, string>();
for (const name of ["operations", "alerts", "security", "metrics"]) {
  const path = new URL(`../../docs/${name}.md`, import.meta.url);
  documents.set(name, await readFile(path, "utf8"));
}

/** Blocks of code of one language in a document. */
function blocksOf(name: string, language: string): string[] {
  const text = documents.get(name) ?? "";
  return [...text.matchAll(new RegExp("```" + language + "\n([^]*?)```", "g"))]
    .map(([, block = ""]) => block);
}

test("the queries of the documents run on a hub", async (t) => {
  const hub = await openTestHub(t);
  await hub.sql`insert into perigee.events (event_type_key) values ('ordered')`;
  const queries = [...blocksOf("operations", "sql"), ...blocksOf("alerts", "sql")]
    .filter((block) => !block.startsWith("create role"));
  assert.ok(queries.length >= 4);
  for (const query of queries) await hub.sql.unsafe(query).simple();
  const [event] = await hub.sql<{ isAhead: boolean }[]>`
    insert into perigee.events (event_type_key) values ('ordered')
    returning event_id > 1000000 as "isAhead"`;
  assert.equal(event?.isAhead, true, "the numbers of events were moved on");
});

test("a role that owns its database, as the document makes it, can migrate the hub", async (t) => {
  const hub = await openTestHub(t);
  const name = `perigee_hub_${randomBytes(6).toString("hex")}`;
  const [block = ""] = blocksOf("operations", "sql");
  const statements = block.replaceAll("perigee_hub", name).split(";\n").filter((each) =>
    each !== ""
  );
  try {
    // One by one, because a database is not created inside a transaction.
    for (const statement of statements) await hub.sql.unsafe(statement);
    const target = { ...hub.target, database: name, username: name, password: "change me" };
    const connection = await openConnection(target);
    const migrations = await loadMigrations(new URL("../../migrations/", import.meta.url));
    const applied = await migrate(connection, migrations);
    await connection.end();
    assert.equal(applied.length, migrations.length);
  } finally {
    await hub.sql.unsafe(`drop database if exists ${name} with (force)`);
    await hub.sql.unsafe(`drop role if exists ${name}`);
  }
});

test("the configuration of the document about alerts has no problem", async (t) => {
  for (const yaml of blocksOf("alerts", "yaml")) {
    const folder = await writeConfig(t, yaml);
    const loaded = await loadConfig(folder, {
      env: {
        ALERT_WEBHOOK: "https://hooks.example.com/alerts",
        ALERT_SECRET: "a long enough secret",
        CRM_URL: "postgres://perigee@db.example.com/crm",
      },
    });
    const problems = loaded.ok ? loaded.warnings : loaded.problems;
    assert.deepEqual(problems.map(({ message }) => message), []);
  }
});

test("every command and every neighbouring document that they name exists", async () => {
  const known = new Set(commands.map(({ name }) => name));
  for (const [name, text] of documents) {
    for (const [, command = ""] of text.matchAll(/`perigee ([a-z]+)/g)) {
      assert.ok(known.has(command), `docs/${name}.md names perigee ${command}`);
    }
    for (const [, link = ""] of text.matchAll(/\]\(([a-z_]+(?:\/[a-z_]+)*\.\w+)\)/g)) {
      await readFile(new URL(`../../docs/${link}`, import.meta.url));
    }
  }
});
