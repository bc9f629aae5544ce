import assert from "node:assert/strict";
import test from "node:test";
import * as v from "valibot";
import { buildTree } from "./build_tree.ts";
import { parseDocument } from "yaml";
import { openSource } from "./place.ts";
import { read, type ReadSchema } from "./read.ts";
import { configSchema } from "./schema.ts";

const yaml = `
server: { port: 9000, tokens: [a, b], request_timeout: 1h30m }
connectors:
  shop:
    url: postgres://reader@db.example.com/shop
    direct: { host: db.example.com, username: reader }
    key: { column: email, field: email }
sources:
  promo: { id: 1, connector: shop, table: promo, order_by: [a, { column: b, descending: true }] }
imports:
  customers:
    connector: shop
    table: customers
    mapping: { email: email, firstName: { coalesce: [a, { constant: null }], policy: never } }
segments:
  s: { id: 1, where: { any: [{ source: promo, conditions: { a: { ">": 1 } } }] } }
triggers:
  t: { segment: s, repeat: { every: 7d }, sources: { promo: { when_empty: skip } } }
`;

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test("the reader makes of good YAML what the schema itself makes of the same data", () => {
  const document = parseDocument(yaml, { schema: "failsafe" });
  const { root } = buildTree(document.contents, {
    file: openSource("perigee.yaml", "/", yaml),
    env: {},
    onFile: () => {},
    isTemplate: () => false,
  });
  assert.ok(root !== undefined);
  const findings: never[] = [];
  const schema = configSchema as unknown as ReadSchema;
  const value = read(schema, root, "", { names: undefined, findings, faults: 0 });
  assert.deepEqual(findings, []);
  assert.deepEqual(plain(value), plain(v.parse(configSchema, parseDocument(yaml).toJS())));
});
