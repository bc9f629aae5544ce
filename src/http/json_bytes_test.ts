import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonBytes } from "./json_bytes.ts";

function textOf(value: string): string {
  const bytes = new JsonBytes();
  bytes.text(value);
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes.take());
}

test("any text is written as JSON.stringify writes it", () => {
  const awkward = fc.string({ unit: fc.constantFrom(...'"\\\n\0\u001fa£й😀\u2028\u007f /') });
  fc.assert(fc.property(fc.oneof(awkward, fc.string({ unit: "grapheme" })), (value) => {
    assert.equal(textOf(value), JSON.stringify(value));
  }));
});

test("every character below 128 is written as JSON.stringify writes it, at every place of four", () => {
  for (let code = 0; code < 128; code++) {
    for (const before of ["", "a", "ab", "abc", "é"]) {
      const value = `${before}${String.fromCharCode(code)}defgh`;
      assert.equal(textOf(value), JSON.stringify(value));
    }
  }
});

test("half a surrogate pair becomes the replacement character", () => {
  assert.equal(textOf("a\ud83db"), '"a\ufffdb"');
});

test("a taken chunk stays as it is while the next is built, and chunks grow with their texts", () => {
  const bytes = new JsonBytes();
  const long = '"'.repeat(400_000);
  bytes.raw("[");
  bytes.text(long);
  bytes.raw("]");
  const first = bytes.take();
  bytes.raw("{}");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(first)), [long]);
  assert.equal(new TextDecoder().decode(bytes.take()), "{}");
  assert.equal(bytes.take().byteLength, 0);
});
