import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { makeSigner } from "./signature.ts";
import { verifySignature } from "./verify_signature.ts";

const base64Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = '{"eventTypeKey":"regularEventType-1","params":[{"name":"Ім’я","value":"🙂"}]}';

test("the Standard Webhooks library verifies a signature by a base64 secret", () => {
  const headers = makeSigner([base64Secret])("hub-1", Date.now(), body);
  assert.deepEqual(new Webhook(base64Secret).verify(body, { ...headers }), JSON.parse(body));
});

test("the Standard Webhooks library verifies a signature by a secret that is plain text", () => {
  const headers = makeSigner(["a plain secret"])("hub-1", Date.now(), body);
  const webhook = new Webhook("a plain secret", { format: "raw" });
  assert.deepEqual(webhook.verify(body, { ...headers }), JSON.parse(body));
});

test("while secrets are replaced, receivers with the old and with the new one accept", () => {
  const headers = makeSigner([base64Secret, "the old one"])("hub-1", Date.now(), body);
  assert.ok(new Webhook(base64Secret).verify(body, { ...headers }));
  assert.ok(new Webhook("the old one", { format: "raw" }).verify(body, { ...headers }));
});

test("another secret, another body, another id and an old timestamp are refused", () => {
  const sign = makeSigner([base64Secret]);
  const headers = sign("hub-1", Date.now(), body);
  const webhook = new Webhook(base64Secret);
  assert.throws(() => new Webhook("whsec_AAAA").verify(body, { ...headers }));
  assert.throws(() => webhook.verify(`${body} `, { ...headers }));
  assert.throws(() => webhook.verify(body, { ...headers, "webhook-id": "hub-2" }));
  assert.throws(() => webhook.verify(body, { ...sign("hub-1", Date.now() - 600_000, body) }));
});

test("our own check accepts what we and the library sign, and nothing else", () => {
  const now = Date.now();
  const headers = makeSigner(["the old one", base64Secret])("hub-1", now, body);
  assert.equal(verifySignature([base64Secret], { ...headers }, body, now), true);
  assert.equal(verifySignature(["another"], { ...headers }, body, now), false);
  assert.equal(verifySignature([base64Secret], { ...headers }, `${body} `, now), false);
  assert.equal(verifySignature([base64Secret], { ...headers }, body, now + 301_000), false);
  assert.equal(verifySignature([base64Secret], {}, body, now), false);
  const signature = new Webhook(base64Secret).sign("hub-2", new Date(now), body);
  const foreign = { ...headers, "webhook-id": "hub-2", "webhook-signature": signature };
  assert.equal(verifySignature([base64Secret], foreign, body, now), true);
});
