import assert from "node:assert/strict";
import { test } from "node:test";
import { describeCrash } from "./describe_crash.ts";

test("a crash is told with its causes, without secrets, also percent-encoded ones", () => {
  const cause = new TypeError("cannot read postgres://me:open%20sesame@db.example.com/x");
  const told = describeCrash(new Error("it broke on open sesame", { cause }), ["open sesame"]);
  assert.match(told, /^PG990 .*\nError: it broke on \[secret\]\n/);
  assert.match(told, /TypeError: cannot read postgres:\/\/me:\[secret\]@db\.example\.com\/x/);
  assert.match(told, /describe_crash_test\.ts/);
});

test("what an error carries besides its message is not told", () => {
  const found = (() => {
    try {
      return new URL("postgres://me:hunter22@ bad host/x");
    } catch (error) {
      return error;
    }
  })();
  assert.doesNotMatch(describeCrash(found, ["hunter22"]), /hunter22/);
  const looped = new Error("one");
  looped.cause = looped;
  assert.equal(describeCrash(looped, []).split("Error: one").length, 2);
  assert.match(describeCrash("a text", []), /a text/);
});
