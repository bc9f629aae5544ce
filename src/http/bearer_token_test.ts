import assert from "node:assert/strict";
import { test } from "node:test";
import { PerigeeError } from "../error.ts";
import { createTokenCheck, isLoopback } from "./bearer_token.ts";

function requestWith(authorization: string | undefined, url = "http://127.0.0.1/render"): Request {
  return new Request(url, authorization === undefined ? {} : { headers: { authorization } });
}

function isRefused(error: unknown): boolean {
  return error instanceof PerigeeError && error.code === "PG901";
}

test("every configured token opens, so that tokens can be rotated", () => {
  const requireToken = createTokenCheck(["old", "new"], "0.0.0.0");
  requireToken(requestWith("Bearer old"));
  requireToken(requestWith("bearer new"));
});

const wrong = [undefined, "", "Bearer", "Bearer ", "Bearer ol", "Bearer oldx", "Basic old", "old"];
for (const header of wrong) {
  test(`Authorization ${JSON.stringify(header)} is refused`, () => {
    const requireToken = createTokenCheck(["old", "new"], "127.0.0.1");
    assert.throws(() => requireToken(requestWith(header)), isRefused);
  });
}

test("without tokens a server on loopback is open under loopback names alone", () => {
  const requireToken = createTokenCheck([], "127.0.0.1");
  requireToken(requestWith(undefined, "http://localhost:8080/render"));
  requireToken(requestWith(undefined, "http://[::1]:8080/render"));
  assert.throws(
    () => requireToken(requestWith(undefined, "http://rebound.example.com/")),
    isRefused,
  );
});

test("without tokens a server that others can reach is closed", () => {
  const requireToken = createTokenCheck([], "0.0.0.0");
  assert.throws(() => requireToken(requestWith(undefined)), isRefused);
});

test("loopback is 127.0.0.0/8, ::1 and localhost", () => {
  assert.ok(["127.0.0.1", "127.8.9.10", "::1", "localhost"].every(isLoopback));
  assert.ok(!["0.0.0.0", "::", "10.0.0.1", "127.example.com", ""].some(isLoopback));
});
