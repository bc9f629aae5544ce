import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { diffConfig } from "../../src/config/diff.ts";
import {
  embeddedDatabases,
  resolveEmbedded,
  usesEmbeddedReceiver,
} from "../../src/config/embedded.ts";
import { loadConfig } from "../../src/config/load.ts";
import { secretsOf } from "../../src/config/secrets.ts";
import { loadFiles, loadGood } from "./config_folder.ts";

const shipped = fileURLToPath(new URL("../../config", import.meta.url));

const base = `
connectors:
  shop: { url: "embedded:shop", key: { column: email, field: email } }
sources:
  promo: { id: 1, connector: shop, table: promo }
segments:
  all: { id: 1, every: 1h, where: { source: promo } }
`;

test("the shipped configuration loads without problems and warnings", async () => {
  const loaded = await loadConfig(shipped, { env: {} });
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.warnings, []);
  assert.equal(loaded.config.hub.address, undefined);
  assert.deepEqual(embeddedDatabases(loaded.config), ["shop"]);
  assert.ok(usesEmbeddedReceiver(loaded.config));
});

test("the sample's port and URL come from the environment where it has them", async () => {
  const env = { PERIGEE_PORT: "9099", PERIGEE_HUB_URL: "postgres://hub@db.example.com/hub" };
  const loaded = await loadConfig(shipped, { env });
  assert.ok(loaded.ok);
  assert.equal(loaded.config.server.port, 9099);
  assert.equal(loaded.config.hub.address?.host, "db.example.com");
});

test("files of a folder are merged by section, and templates read relative to them", async () => {
  const loaded = await loadFiles({
    "config/a.yaml": base,
    "config/b.yml":
      "messages:\n  m: { id: 1, html: { file: templates/m.vm } }\ntemplates:\n  footer: Bye ${name}\n",
    "config/templates/m.vm": "Hello ${name}\n",
    "config/c.yaml": "sources:\n  orders: { id: 2, connector: shop, table: orders }\n",
    "config/.hidden.yaml": "not: read\n",
  });
  assert.ok(loaded.ok);
  assert.deepEqual([...loaded.config.sources.keys()], ["promo", "orders"]);
  assert.equal(loaded.config.messages.get("m")?.parts[0]?.template, "Hello ${name}\n");
  assert.equal(loaded.config.templates.get("footer")?.template, "Bye ${name}");
  const names = loaded.files.map((file) => path.basename(file));
  assert.deepEqual(names.sort(), ["a.yaml", "b.yml", "c.yaml", "m.vm"]);
});

test("a mounted ConfigMap, links into a hidden folder, is read once", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "perigee-config-"));
  try {
    mkdirSync(path.join(root, "..2026_01"));
    writeFileSync(path.join(root, "..2026_01", "perigee.yaml"), "timezone: Europe/Kyiv\n");
    symlinkSync("..2026_01", path.join(root, "..data"));
    symlinkSync("..data/perigee.yaml", path.join(root, "perigee.yaml"));
    const loaded = await loadConfig(root, { env: {} });
    assert.ok(loaded.ok);
    assert.equal(loaded.config.timezone, "Europe/Kyiv");
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("text from outside stays the text that it is, and numbers become numbers", async () => {
  const config = await loadGood(
    `
server: { port: "\${PORT}" , tokens: ["\${TOKEN}"] }
hub:
  host: db.example.com
  username: \${USER_NAME}
  password: \${PASSWORD}
  pool_size: \${POOL:-7}
`,
    { PORT: "9000", TOKEN: "1e3", USER_NAME: "true", PASSWORD: "00123" },
  );
  assert.equal(config.server.port, 9000);
  assert.deepEqual(config.server.tokens, ["1e3"]);
  assert.equal(config.hub.address?.username, "true");
  assert.equal(config.hub.address?.password, "00123");
  assert.equal(config.hub.poolSize, 7);
});

test("a list's entry that the environment leaves empty is no entry", async () => {
  const config = await loadGood("server:\n  tokens:\n    - ${A:-}\n    - ${B:-}\n", {
    B: "b-token",
  });
  assert.deepEqual(config.server.tokens, ["b-token"]);
});

test("a secret file loses one trailing line break, no more", async () => {
  const loaded = await loadFiles({
    "config/a.yaml": 'server:\n  tokens: ["${file:../secrets/one}", "${file:../secrets/two}"]\n',
    "secrets/one": "first\n",
    "secrets/two": "second\r\n\n",
  });
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.config.server.tokens, ["first", "second\r\n"]);
});

test("the configuration cannot be changed at any depth", async () => {
  const config = await loadGood(`${base}
exports:
  e: { connector: shop, every: 1h, starts: 2026-01-01 }
`);
  const loose = config as unknown as {
    server: { tokens: string[]; port: number };
    sources: Map<string, unknown>;
    exports: Map<string, { schedule: { startsAt: Date } }>;
  };
  assert.throws(() => loose.server.tokens.push("x"), TypeError);
  assert.throws(() => {
    loose.server.port = 1;
  }, TypeError);
  assert.throws(() => loose.sources.set("x", 1), TypeError);
  assert.throws(() => loose.sources.delete("promo"), TypeError);
  assert.throws(() => loose.exports.get("e")?.schedule.startsAt.setTime(0), TypeError);
});

test("the hash changes with the meaning and not with order, comments or file names", async () => {
  const one = await loadFiles({
    "config/a.yaml": `${base}server: { port: 9000, host: localhost }\n`,
  });
  const same = await loadFiles({
    "config/z.yaml": `# moved\n${base}`,
    "config/y.yaml": "server:\n  host: localhost\n  port: 9000\n",
  });
  const other = await loadFiles({
    "config/a.yaml": `${base}server: { port: 9001, host: localhost }\n`,
  });
  assert.ok(one.ok && same.ok && other.ok);
  assert.match(one.config.hash, /^[0-9a-f]{64}$/);
  assert.equal(same.config.hash, one.config.hash);
  assert.notEqual(other.config.hash, one.config.hash);
});

test("a reload's difference names what was added, changed and removed", async () => {
  const before = await loadGood(base);
  const after = await loadGood(`# one line more
server: { port: 9000 }
connectors:
  shop: { url: "embedded:shop", key: { column: mail, field: email } }
segments:
  other: { id: 1, every: 1h, where: { contact: { languageCode: uk } } }
`);
  assert.deepEqual(diffConfig(before, before), { added: [], changed: [], removed: [] });
  assert.deepEqual(diffConfig(before, after), {
    added: ["segment/other"],
    changed: ["connector/shop", "server"],
    removed: ["segment/all", "source/promo"],
  });
});

test("embedded addresses are replaced, and nothing else", async () => {
  const config = await loadGood(`${base}
sinks:
  s: { webhook: "embedded:receiver", secrets: [abc], allow_private: true }
`);
  const address = {
    ...config.connectors.get("shop")!.address,
    host: "127.0.0.1",
    isEmbedded: false,
  };
  const resolved = resolveEmbedded(config, {
    address: (database) => ({ ...address, database }),
    receiverUrl: "http://127.0.0.1:9/hook",
  });
  assert.equal(resolved.connectors.get("shop")?.address.host, "127.0.0.1");
  assert.equal(resolved.connectors.get("shop")?.address.database, "shop");
  const sink = resolved.sinks.get("s");
  assert.equal(sink?.kind === "webhook" && sink.url, "http://127.0.0.1:9/hook");
  assert.equal(resolved.hash, config.hash);
  assert.ok(Object.isFrozen(resolved.connectors.get("shop")));
});

test("every secret of a configuration is known to the redaction", async () => {
  const config = await loadGood(`
hub: { url: "postgres://hub:planted-hub@db.example.com/hub", direct: "postgres://hub:planted-direct@db.example.com/hub" }
server: { tokens: [planted-token] }
connectors:
  shop:
    host: db.example.com
    username: reader
    password: planted-connector
    replica: { host: replica.example.com, username: reader, password: planted-replica }
    key: { column: email, field: email }
sinks:
  basic:
    webhook: "https://hooks.example.com/services/planted-path?key=planted-query"
    secrets: [planted-secret, planted-secret-older]
    headers: { X-Key: planted-header }
    auth: { basic: { username: perigee, password: planted-basic } }
  bearer: { webhook: "https://hooks.example.com/", secrets: [planted-other], auth: { bearer: planted-bearer } }
alerts: { webhooks: ["https://chat.example.com/services/planted-alert-path"], secrets: [planted-alert] }
`);
  const secrets = secretsOf(config);
  let text = JSON.stringify(config, (_key, value) => value instanceof Map ? [...value] : value);
  for (const secret of secrets) text = text.replaceAll(secret, "");
  assert.doesNotMatch(text, /planted/);
  const lengths = secrets.map((secret) => secret.length);
  assert.deepEqual(lengths, [...lengths].sort((one, other) => other - one));
});

test("dates of a schedule are read in its time zone, and the last day counts", async () => {
  const config = await loadGood(`${base}
timezone: Europe/Kyiv
exports:
  e: { connector: shop, every: 1h, starts: 2026-07-01, ends: 2026-12-31, weekdays: [sun, Mon, 6] }
  u: { connector: shop, every: 1h, timezone: America/New_York, starts: "2026-07-01T09:00:00" }
`);
  const { startsAt, endsAt, weekdays } = config.exports.get("e")!.schedule;
  assert.equal(startsAt?.toISOString(), "2026-06-30T21:00:00.000Z");
  assert.equal(endsAt?.toISOString(), "2026-12-31T22:00:00.000Z");
  assert.deepEqual(weekdays, [0, 1, 6]);
  assert.equal(
    config.exports.get("u")?.schedule.startsAt?.toISOString(),
    "2026-07-01T13:00:00.000Z",
  );
});

test("anchors, aliases and merge keys share what they hold", async () => {
  const config = await loadGood(`${base}
x-often: &often { every: 5m, timezone: Europe/Kyiv }
exports:
  e: { <<: *often, connector: shop, every: 1h }
  f: { <<: [*often], connector: shop }
`);
  assert.equal(config.exports.get("e")?.schedule.everyMs, 3_600_000);
  assert.equal(config.exports.get("f")?.schedule.everyMs, 300_000);
  assert.equal(config.exports.get("e")?.schedule.timezone, "Europe/Kyiv");
});

test("conditions come out in their operators' own shapes", async () => {
  const config = await loadGood(`
connectors:
  shop: { url: "embedded:shop", key: { column: email, field: email } }
sources:
  promo: { id: 1, connector: shop, table: promo }
segments:
  s:
    id: 1
    where:
      all:
        - source: promo
          conditions:
            a: 1
            b: { "!=": { value: x, ignoreCase: true } }
            c: { ">=": 1, "<": 2 }
            d: { inLast: 30 days }
            e: { anniversary: { daysAgo: 3 } }
            f: { month: [jan, 2], weekday: Sunday }
          count: 2
        - dataset: orders
          sum: { column: totalCost, between: [1, 2] }
`);
  const where = config.segments.get("s")?.where;
  assert.ok(where !== undefined && "nodes" in where);
  const [source, orders] = where.nodes;
  assert.ok(source?.kind === "source" && orders?.kind === "dataset");
  assert.deepEqual(
    source.conditions.map((
      { column, operator, value, ignoreCase },
    ) => [column, operator, value, ignoreCase]),
    [
      ["a", "equals", 1, false],
      ["b", "notEquals", "x", true],
      ["c", ">=", 1, false],
      ["c", "<", 2, false],
      ["d", "inLast", { amount: 30, unit: "days" }, false],
      ["e", "anniversary", { offsetDays: -3 }, false],
      ["f", "month", [1, 2], false],
      ["f", "weekday", [0], false],
    ],
  );
  assert.deepEqual(source.count, { operator: "=", value: 2 });
  assert.deepEqual(orders.sum, {
    column: "totalCost",
    compare: { operator: "between", value: [1, 2] },
  });
  assert.match(source.conditions[0]?.place ?? "", /perigee\.yaml:13:16$/);
});
