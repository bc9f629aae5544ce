import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { codesOf, loadFiles, loadGood } from "./config_folder.ts";

/**
 * Generous: the slowest of these take about a second on one idle core, and what they guard against
 * takes minutes or the process.
 */
const timeout = 30_000;

const laughs = "bcdefghij".split("").map((name, index) => {
  const before = `*${"abcdefghij"[index]}`;
  return `x-${name}: &${name} [${Array(10).fill(before).join(",")}]`;
});

const hostile: readonly (readonly [string, string | Uint8Array, readonly string[]])[] = [
  ["brackets without end", "[".repeat(200_000), ["PG103"]],
  ["compact nesting that would end the process", "- ".repeat(100_000), ["PG103"]],
  ["mixed compact nesting", "- ? ".repeat(50_000), ["PG103"]],
  ["keys within keys on one line", "- a: ".repeat(20_000), ["PG101"]],
  ["commas without end", `[${",".repeat(100_000)}`, ["PG101"]],
  ["more levels than a configuration has", `hub: ${"{ a: ".repeat(80)}${"}".repeat(80)}`, [
    "PG103",
  ]],
  ["aliases that unfold exponentially", `x-a: &a [1,1,1]\n${laughs.join("\n")}`, ["PG103"]],
  ["an alias within itself", "hub: &a { data_dir: *a }", ["PG103"]],
  ["a NUL", "hub:\0", ["PG102"]],
  ["an escape sequence for terminals", "hub: \x1b[31m", ["PG102"]],
  ["bytes that are no UTF-8", new Uint8Array([0x68, 0x75, 0x62, 0x3a, 0xff]), ["PG102"]],
  ["UTF-16", new Uint8Array([0xff, 0xfe, 0x68, 0, 0x75, 0]), ["PG102"]],
  ["a file beyond the limit", "#".repeat((4 << 20) + 1), ["PG102"]],
  ["a tab as indentation", "hub:\n\tsample: true\n", ["PG101"]],
  ["a list instead of sections", "- hub\n", ["PG122"]],
];

for (const [name, content, codes] of hostile) {
  test(`a file with ${name} is refused with ${codes.join(", ")}`, { timeout }, async () => {
    const found = await codesOf(content);
    for (const code of codes) assert.ok(found.includes(code), `found ${found.join(", ")}`);
  });
}

test("a report of very many problems is cut with a last word", { timeout }, async () => {
  const found = await codesOf(
    Array.from({ length: 5000 }, (_, index) => `k${index}: 1`).join("\n"),
  );
  assert.equal(found.length, 501);
  assert.equal(found.at(-1), "PG108");
});

test("many problems on one line of a megabyte take no minute", { timeout }, async () => {
  const entries = Array.from({ length: 50_000 }, (_, index) => `k${index}: { id: x }`);
  const found = await codesOf(`sources: { ${entries.join(", ")} }`);
  assert.ok(found.length > 0);
});

test("a folder that is missing, a file or empty is one problem", async () => {
  for (const folder of ["/nonexistent-perigee", import.meta.filename]) {
    const loaded = await loadConfig(folder, { env: {} });
    assert.ok(!loaded.ok);
    assert.deepEqual(loaded.problems.map((problem) => problem.code), ["PG107"]);
  }
  const empty = await loadFiles({ "config/readme.md": "" });
  assert.ok(!empty.ok);
  assert.deepEqual(empty.problems.map((problem) => problem.code), ["PG107"]);
});

test("a byte order mark, CRLF and an empty file change nothing", async () => {
  const config = await loadGood("\ufeffserver:\r\n  port: 9090\r\n");
  assert.equal(config.server.port, 9090);
  assert.equal((await loadGood("")).server.port, 8080);
  assert.equal((await loadGood("# nothing yet\n")).server.port, 8080);
});

test("positions count lines of CRLF files and characters beyond the basic plane", async () => {
  const loaded = await loadFiles({ "config/a.yaml": '# one\r\nserver: { "😀": 1, prot: 1 }\r\n' });
  assert.ok(!loaded.ok);
  const places = loaded.problems.map(({ line, column }) => [line, column]);
  assert.deepEqual(places, [[2, 11], [2, 19]]);
  assert.equal(loaded.problems[1]?.excerpt.split("\n")[0], '2 | server: { "😀": 1, prot: 1 }');
});

test("names of prototypes are names like others and pollute nothing", async () => {
  const config = await loadGood(`
connectors:
  __proto__: { url: "embedded:a", key: { column: email, field: email } }
  constructor: { url: "embedded:b", key: { column: email, field: email } }
imports:
  hasOwnProperty:
    connector: __proto__
    table: t
    every: 1h
    mapping: { email: email }
    fields: { __proto__: a, constructor: b }
`);
  assert.deepEqual([...config.connectors.keys()], ["__proto__", "constructor"]);
  const fields = config.imports.get("hasOwnProperty")?.mapping.map((mapping) => mapping.target);
  assert.deepEqual(fields, ["email", "__proto__", "constructor"]);
  assert.equal(({} as Record<string, unknown>)["url"], undefined);
});

test("an excerpt turns characters that reorder or control a terminal into harmless ones", async () => {
  const loaded = await loadFiles({ "config/a.yaml": 'server:\n  "po\u202ert": 1\n' });
  assert.ok(!loaded.ok);
  const problem = loaded.problems[0];
  assert.ok(problem !== undefined);
  assert.doesNotMatch(`${problem.message}${problem.excerpt}`, /\u202e/);
});

test("no damage around secrets makes the loader throw or show one", { timeout }, async () => {
  const good = `
hub: { url: "postgres://hub:planted-hub@db.example.com/hub" }
server: { host: 127.0.0.1, tokens: [planted-token] }
connectors:
  shop:
    host: db.example.com
    username: reader
    password: planted-password
    key: { column: email, field: email }
sources:
  promo: { id: 1, connector: shop, table: promo, order_by: [a desc] }
segments:
  s: { id: 1, every: 1h, where: { source: promo, conditions: { a: { anniversary: today } } } }
sinks:
  r: { webhook: "https://hooks.example.com/services/planted-path", secrets: [whsec_planted] }
triggers:
  t: { segment: s, every: 1h, sources: [promo], sinks: [r], repeat: { every: 7d } }
messages:
  m: { id: 1, text: "Hello \${name}" }
`;
  const token = fc.constantFrom(
    ..."{}[]:,-?&*!|>'\"%@`#\n\t ".split(""),
    "${",
    "}",
    "<<: ",
    "~",
    "---\n",
    "null",
    "*a",
    "&a ",
    "__proto__: ",
    "99999999999999999999",
  );
  // What names a secret stays whole: nobody can tell that `to{: [x]` once held tokens.
  const pieces = good.split(
    /(url: ".+?"|tokens: .+?\]|password: .+\n|webhook: ".+?"|secrets: .+?\])/,
  );
  const last = (pieces.length - 1) / 2;
  const damage = fc.record({
    piece: fc.nat(last),
    at: fc.nat(120),
    cut: fc.nat(20),
    insert: token,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
      const damaged = [...pieces];
      for (const { piece, at, cut, insert } of damages) {
        const text = damaged[piece * 2] ?? "";
        damaged[piece * 2] = text.slice(0, at) + insert + text.slice(at + cut);
      }
      const text = damaged.join("");
      const loaded = await loadFiles({ "config/a.yaml": text });
      const problems = [...(loaded.ok ? [] : loaded.problems), ...loaded.warnings];
      assert.equal(loaded.ok, problems.every((problem) => problem.severity === "warning"));
      const shown = problems.map((problem) => formatProblem(problem, { colour: false })).join("\n");
      assert.doesNotMatch(shown, /planted-(hub|token|password|path)/);
    }),
    { numRuns: 300 },
  );
});
