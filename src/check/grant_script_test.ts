import assert from "node:assert/strict";
import test from "node:test";
import type { Config, ConnectorConfig, ExportConfig, SourceConfig } from "../config/model.ts";
import { grantScript } from "./grant_script.ts";

/** The parts of a configuration from which grants are made. */
function configOf(parts: {
  sources?: Partial<SourceConfig>[];
  exports?: Partial<ExportConfig>[];
}): Config {
  const named = <T extends { name?: string }>(each: T[] = []) =>
    new Map(each.map((one, index) => [one.name ?? String(index), one]));
  const connector = {
    name: "shop",
    address: { username: 'the "reader"', database: "shop db" },
    key: { column: "email", field: { kind: "email" } },
  } as unknown as ConnectorConfig;
  return {
    connectors: new Map([["shop", connector]]),
    sources: named(parts.sources),
    imports: new Map(),
    exports: named(parts.exports),
  } as unknown as Config;
}

test("reading takes usage once for each schema, and select on each table, in order", () => {
  const config = configOf({
    sources: [
      { connector: "shop", schema: "public", table: "promo_codes", columns: undefined },
      { connector: "shop", schema: "crm", table: "people", columns: ["name"] },
      { connector: "shop", schema: "crm", table: "people", columns: ["name"] },
      { connector: "other", schema: "else", table: "where", columns: undefined },
    ],
  });
  const statements = grantScript(config, "shop", "source")?.split("\n")
    .filter((line) => line !== "" && !line.startsWith("--"));
  const user = '"the ""reader"""';
  assert.deepEqual(statements, [
    `grant connect on database "shop db" to ${user};`,
    `grant usage on schema "crm" to ${user};`,
    `grant usage on schema "public" to ${user};`,
    `grant select ("email", "name") on "crm"."people" to ${user};`,
    `grant select on "public"."promo_codes" to ${user};`,
  ]);
});

test("exporting takes temporary tables, and creation in each schema", () => {
  const config = configOf({ exports: [{ connector: "shop", schema: "marketing" }] });
  const script = grantScript(config, "shop", "export") ?? "";
  assert.match(script, /^grant temporary on database "shop db" to/m);
  assert.match(script, /^create schema if not exists "marketing";$/m);
  assert.match(script, /^grant usage, create on schema "marketing" to/m);
});

test("there is no script for a connector that is not there", () => {
  assert.equal(grantScript(configOf({}), "shops", "source"), undefined);
});
