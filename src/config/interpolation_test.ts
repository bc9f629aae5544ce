import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { expandPieces, parseInterpolation } from "./interpolation.ts";

function expand(text: string, env: Record<string, string> = {}): string {
  const parsed = parseInterpolation(text);
  if ("fault" in parsed) throw new Error(parsed.fault.reason);
  return expandPieces(parsed.pieces, {
    findVariable: (name) => env[name],
    onUnset: (name) => `<unset ${name}>`,
    readSecret: (path) => `<file ${path}>`,
  });
}

test("variables, defaults and files are replaced wherever they stand in a text", () => {
  const env = { A: "one", EMPTY: "" };
  assert.equal(expand("${A}", env), "one");
  assert.equal(expand("x${A}y${A}", env), "xoney" + "one");
  assert.equal(expand("${B}", env), "<unset B>");
  assert.equal(expand("${B:-two}", env), "two");
  assert.equal(expand("${EMPTY:-two}", env), "two");
  assert.equal(expand("${EMPTY}", env), "");
  assert.equal(expand("${B:-}", env), "");
  assert.equal(expand("${B:-${C:-deep ${A}}}!", env), "deep one!");
  assert.equal(expand("${file:/run/secrets/x}"), "<file /run/secrets/x>");
});

test("a value from outside is never expanded again", () => {
  assert.equal(expand("${A}", { A: "${B}", B: "secret" }), "${B}");
});

test("an escaped opening and a lone dollar are plain text", () => {
  assert.equal(expand("$${A}"), "${A}");
  assert.equal(expand("$A costs $5 {x}"), "$A costs $5 {x}");
  assert.equal(expand("${A:-$${x}}"), "${x" + "}");
});

test("malformed interpolations are faults at their index", () => {
  for (
    const [text, index] of [
      ["ab${", 2],
      ["${}", 0],
      ["${1A}", 0],
      ["${A-b}", 0],
      ["${A b}", 0],
      ["${file:}", 0],
      ["x${file:/y", 1],
      ["${A:-b", 5],
      [`${"${A:-".repeat(50)}`, 85],
    ] as const
  ) {
    const parsed = parseInterpolation(text);
    assert.ok("fault" in parsed, text);
    assert.equal(parsed.fault.index, index, text);
  }
});

test("any text survives when its openings are escaped", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.equal(expand(text.replaceAll("${", "$${")), text);
  }));
});

test("parsing never throws and costs no more than the text is long", () => {
  const part = fc.constantFrom("${", "$${", "}", ":-", "A", "file:", "$", "{", "x", " ");
  fc.assert(fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
    const parsed = parseInterpolation(parts.join(""));
    assert.ok("pieces" in parsed || parsed.fault.index <= parts.join("").length);
  }));
});

test("whatever a variable holds arrives unchanged between its neighbours", () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (before, value, after) => {
    const text = `${before.replaceAll("$", "")}\${A}${after.replaceAll("$", "")}`;
    assert.equal(
      expand(text, { A: value }),
      `${before.replaceAll("$", "")}${value}${after.replaceAll("$", "")}`,
    );
  }));
});
