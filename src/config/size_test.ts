import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { formatSize, parseSize } from "./size.ts";

test("sizes are powers of 1024 and need a unit", () => {
  assert.equal(parseSize("64MB"), 64 << 20);
  assert.equal(parseSize("64 MiB"), 64 << 20);
  assert.equal(parseSize("512kb"), 512 << 10);
  assert.equal(parseSize("1.5GB"), 1.5 * (1 << 30));
  assert.equal(parseSize("7B"), 7);
  for (const text of ["", "64", "MB", "-1MB", "1TB", "1 M", "1e3MB", "9".repeat(15) + "GB"]) {
    assert.equal(parseSize(text), undefined, text);
  }
});

test("every size is read back from how it is written", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bytes) => {
    assert.equal(parseSize(formatSize(bytes)), bytes);
  }));
});
