import assert from "node:assert/strict";
import test from "node:test";
import { makeRedactor } from "./redact.ts";

test("a secret is hidden wherever it stands, in lists and objects too", () => {
  const redact = makeRedactor(["correct horse"]);
  assert.deepEqual(
    redact({ text: "is correct horse", list: ["correct horse!", 7], none: null }),
    { text: "is [secret]", list: ["[secret]!", 7], none: null },
  );
});

test("a secret is hidden where it is percent-encoded in a URL", () => {
  const redact = makeRedactor(["p@ss/word"]);
  assert.equal(redact("postgres://u:p%40ss%2Fword@db/x"), "postgres://u:[secret]@db/x");
});

test("of two secrets that contain one another no rest stays", () => {
  const redact = makeRedactor(["token", "token-of-the-shop"]);
  assert.equal(redact("token-of-the-shop"), "[secret]");
});

test("numbers stay numbers even where their digits are a secret", () => {
  assert.deepEqual(makeRedactor(["1043"])({ rows: 1043, text: "1043" }), {
    rows: 1043,
    text: "[secret]",
  });
});

test("a secret that is a pattern is taken to the letter", () => {
  assert.equal(makeRedactor(["a.*b$&"])("a.*b$& and axxb"), "[secret] and axxb");
});
