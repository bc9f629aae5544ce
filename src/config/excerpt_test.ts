import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { excerptOf } from "./excerpt.ts";
import { openSource } from "./place.ts";

function excerpt(text: string, part: string, masked?: string): string {
  const file = openSource("a.yaml", "/", text);
  const at = (piece: string) => {
    const start = text.indexOf(piece);
    return { file, start, end: start + piece.length };
  };
  if (masked !== undefined) file.masked.push(at(masked));
  return excerptOf(at(part));
}

test("the caret stands below the part, whatever was masked before it", () => {
  assert.equal(excerpt("a: 1\nb: two\n", "two"), "2 | b: two\n  |    ^^^");
  assert.equal(
    excerpt("{ key: abcdefgh, b: 2 }", "b: 2", "abcdefgh"),
    "1 | { key: ***, b: 2 }\n  |             ^^^^",
  );
  assert.equal(excerpt("\tx: 1", "x"), "1 | \tx: 1\n  | \t^");
});

test("credentials of URLs, keys that sound secret and signing secrets are masked in any text", () => {
  for (
    const line of [
      "url: postgres://user:planted@db.example.com/x",
      "url: postgres://user:pla/nted@db.example.com/x",
      "hook: https://hooks.example.com/services/planted",
      "password: planted",
      "{ api_token: planted, x: 1 }",
      "tokens: [ planted, 'planted two' ]",
      'secrets: ["planted"',
      "- whsec_planted",
      `- ${"planted".repeat(10)}`,
    ]
  ) assert.doesNotMatch(excerpt(`x: 1 # ${line}`, "x"), /planted|pla\/nted/, line);
});

test("a long line is cut around the place, and the caret still stands below it", () => {
  const shown = excerpt(`${"a ".repeat(5000)}HERE${" b".repeat(5000)}`, "HERE");
  const [line, caret] = shown.split("\n");
  assert.ok(line !== undefined && caret !== undefined && line.length < 160);
  assert.equal(line.indexOf("HERE"), caret.indexOf("^^^^"));
});

test("any place of any text has an excerpt of two lines without control characters", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(fc.property(text, fc.nat(200), fc.nat(200), (each, first, second) => {
    const file = openSource("a.yaml", "/", each);
    const [start, end] = [first, second].map((at) => Math.min(at, each.length)).sort((a, b) =>
      a - b
    );
    const lines = excerptOf({ file, start: start ?? 0, end: end ?? 0 }).split("\n");
    assert.equal(lines.length, 2);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(lines.join(""), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }));
});
