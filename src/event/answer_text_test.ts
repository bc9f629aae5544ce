import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { AnswerText } from "./answer_text.ts";

function textOf(...pieces: (string | Uint8Array)[]): string {
  const text = new AnswerText();
  for (const piece of pieces) text.add(Buffer.from(piece as string));
  return text.toString();
}

test("300 characters of an answer are kept, in whatever pieces they arrive", () => {
  assert.equal(textOf("x".repeat(200), "y".repeat(200)), "x".repeat(200) + "y".repeat(100));
  const bytes = Buffer.from("жі".repeat(400));
  assert.equal(textOf(...[...bytes].map((byte) => Uint8Array.of(byte))), "жі".repeat(150));
  assert.equal(textOf(), "");
});

test("the text of an answer holds nothing that Postgres cannot store", () => {
  assert.equal(textOf("a\0b"), "ab");
  assert.equal(textOf("x".repeat(299) + "😀"), "x".repeat(299));
});

test("an answer is read no further than its connection is worth", () => {
  const text = new AnswerText();
  assert.equal(text.add(Buffer.alloc(65_536)), true);
  assert.equal(text.add(Buffer.alloc(1)), false);
});
