import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileTemplate } from "./compile.ts";

function render(source: string, context: Record<string, unknown>): string {
  return compileTemplate(source, { name: "pattern", dialect: "2.x" }).render(context);
}

const atom = fc.constantFrom(
  "a",
  "b",
  ".",
  "[ab]",
  "[^a]",
  "\\d",
  "\\w",
  "\\s",
  "a?",
  "(a)",
  "(?:b|ab)",
  "x*?",
  "b+",
  "a{1,2}",
  "\\.",
  "^",
  "$",
  "\\b",
);
const pattern = fc.array(fc.tuple(atom, fc.constantFrom("", "", "|")), {
  minLength: 1,
  maxLength: 6,
})
  .map((parts) => parts.map(([part, bar]) => part + bar).join("").replace(/\|$/, ""));
const text = fc.string({ unit: fc.constantFrom("a", "b", "x", "1", " ", "."), maxLength: 12 });

test("patterns of the common syntax match and replace as the host's backtracking engine does", () => {
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      const context = { p, t };
      assert.equal(render("$t.matches($p)", context), String(new RegExp(`^(?:${p})$`).test(t)));
      assert.equal(render("$t.replaceAll($p, '<>')", context), t.replace(new RegExp(p, "g"), "<>"));
      assert.equal(render("$t.replaceFirst($p, '-')", context), t.replace(new RegExp(p), "-"));
    }),
    { numRuns: 400 },
  );
});

test("split drops empty parts at the end and keeps as many as the limit allows", () => {
  const context = { csv: "a,b,,c,," };
  assert.equal(render("$csv.split(',')", context), "[a, b, , c]");
  assert.equal(render("$csv.split(',', -1).size()", context), "6");
  assert.equal(render("$csv.split('[,;]', 2)", context), "[a, b,,c,,]");
  assert.equal(render("$csv.split('\\s*,\\s*').size()", context), "4");
  assert.equal(render("$csv.split('')", { csv: "abc" }), "[a, b, c]");
  assert.equal(render("$csv.split('x')", context), "[a,b,,c,,]");
});

test("groups are put into a replacement by number and by name", () => {
  const context = { t: "2026-11-23" };
  assert.equal(render(`$t.replaceAll('(\\d+)-(\\d+)-(\\d+)', '$3.$2.$1')`, context), "23.11.2026");
  assert.equal(render(`$t.replaceAll('(?<year>\\d{4}).*', '\${year}')`, context), "2026");
  assert.throws(() => render(`$t.replaceAll('(\\d)', '$2')`, context), /VTL|groups/);
  assert.throws(() => render(`$t.replaceAll('-', '$')`, context), /names no group/);
});

test("classes are Java's: nested, intersected, of Unicode properties and POSIX names", () => {
  const context = { t: "Ab1 éЖ_" };
  assert.equal(render(`$t.replaceAll('[a-z&&[^b]]', '.')`, context), "Ab1 éЖ_");
  assert.equal(render(`$t.replaceAll('[[a-c][0-9]]', '.')`, context), "A.. éЖ_");
  assert.equal(render(`$t.replaceAll('\\p{L}', '.')`, context), ".." + "1 .._");
  assert.equal(render(`$t.replaceAll('\\p{Upper}', '.')`, context), ".b1 éЖ_");
  assert.equal(render(`$t.replaceAll('(?i)B', '.')`, context), "A.1 éЖ_");
});

test("what cannot be matched in linear time is refused by its name", () => {
  for (
    const p of [
      "(a)\\1",
      "(?=a)",
      "(?<!a)b",
      "(?>a)",
      "a++",
      "a{1,9999}{9}",
      "(",
      "[a",
      "a{2,1}",
      "*",
    ]
  ) {
    assert.throws(() => render("$t.matches($p)", { t: "a", p }), { code: "VTL202" }, p);
  }
});
