import assert from "node:assert/strict";
import { test } from "node:test";
import { PerigeeError } from "../error.ts";
import { prefersHtml } from "./accept.ts";

const jsonHeaders = [null, "", "*/*", "application/json", "text/html;q=0.5, application/json"];
const htmlHeaders = [
  "text/html",
  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "TEXT/HTML; q=1, application/json; q=0.9",
  "text/*",
];

for (const header of jsonHeaders) {
  test(`Accept ${JSON.stringify(header)} is answered with JSON`, () => {
    assert.equal(prefersHtml(header), false);
  });
}

for (const header of htmlHeaders) {
  test(`Accept ${JSON.stringify(header)} is answered with the page`, () => {
    assert.equal(prefersHtml(header), true);
  });
}

for (const header of ["image/png", "text/html;q=0", "text/html;q=7", "application/json;q=0"]) {
  test(`Accept ${JSON.stringify(header)} cannot be met`, () => {
    assert.throws(
      () => prefersHtml(header),
      (error) => error instanceof PerigeeError && error.code === "PG911",
    );
  });
}

test("a huge Accept header is read in no time", () => {
  const startedAt = performance.now();
  assert.equal(prefersHtml(`text/html,${"a;q=0.1,".repeat(200_000)}`), true);
  assert.ok(performance.now() - startedAt < 1_000);
});
