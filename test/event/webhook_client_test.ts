import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { WebhookClient } from "../../src/event/webhook_client.ts";
import { always, openReceiver, type Script } from "../support/receiver.ts";

const request = { body: '{"a":"é"}', headers: { "webhook-id": "1", "content-type": "x" } };
const noTls = { ca: undefined, cert: undefined, key: undefined, serverName: undefined };

function makeClient(
  t: TestContext,
  url: string,
  more: { timeoutMs?: number; allows?: boolean } = {},
) {
  const client = new WebhookClient({
    url,
    allowsPrivate: more.allows ?? true,
    concurrency: 2,
    timeoutMs: more.timeoutMs ?? 5_000,
    tls: noTls,
  });
  t.after(() => client.close());
  return client;
}

async function postOnce(t: TestContext, script: Script, timeoutMs = 5_000) {
  const receiver = await openReceiver(t, { script });
  return await makeClient(t, receiver.url, { timeoutMs }).post(request);
}

test("requests follow one another on one connection, with the receiver's own host", async (t) => {
  const receiver = await openReceiver(t, { script: always(200) });
  const client = makeClient(t, receiver.url);
  for (let count = 0; count < 3; count++) {
    assert.equal((await client.post(request)).kind, "answered");
  }
  assert.deepEqual(receiver.requests.map((each) => each.connection), [1, 1, 1]);
  assert.equal(receiver.requests[0]?.headers.host, new URL(receiver.url).host);
  assert.equal(receiver.requests[0]?.body, request.body);
});

test("an answer has its status, its Retry-After and the beginning of its body", async (t) => {
  const answer = await postOnce(t, always(503, { "retry-after": "7" }));
  assert.deepEqual(answer, { kind: "answered", status: 503, retryAfter: "7", text: "status 503" });
});

test("a redirect is an answer like any other and is not followed", async (t) => {
  const receiver = await openReceiver(t);
  receiver.follow(() => ({ kind: "status", status: 302, headers: { location: receiver.url } }));
  const answer = await makeClient(t, receiver.url).post(request);
  assert.equal(answer.kind === "answered" && answer.status, 302);
  assert.equal(receiver.requests.length, 1);
});

test("a huge answer is cut, and the next request still gets through", async (t) => {
  const receiver = await openReceiver(t);
  receiver.follow(() => ({ kind: "huge", status: 500, bytes: 5_000_000 }));
  const client = makeClient(t, receiver.url);
  const answer = await client.post(request);
  assert.equal(answer.kind === "answered" && answer.text.length, 300);
  receiver.follow(always(200));
  assert.equal((await client.post(request)).kind, "answered");
});

test("a receiver that takes the request and breaks the connection is a failure", async (t) => {
  const answer = await postOnce(t, () => ({ kind: "drop" }));
  assert.equal(answer.kind, "failed");
});

test("a receiver that never answers fails at the time limit", async (t) => {
  const answer = await postOnce(t, () => ({ kind: "hold" }), 200);
  assert.deepEqual(answer, { kind: "failed", code: "TIMEOUT" });
});

test("the status counts when the body never ends", async (t) => {
  const answer = await postOnce(t, () => ({ kind: "slow", status: 200 }), 300);
  assert.equal(answer.kind === "answered" && answer.status, 200);
});

test("an answer that is not HTTP is a failure", async (t) => {
  const answer = await postOnce(t, () => ({ kind: "garbage" }));
  assert.equal(answer.kind, "failed");
});

test("a port that nobody listens at is a failure with the system's code", async (t) => {
  const receiver = await openReceiver(t);
  await receiver.refuse();
  const answer = await makeClient(t, receiver.url).post(request);
  assert.deepEqual(answer, { kind: "failed", code: "ECONNREFUSED" });
});

test("a connection that the receiver closed while idle costs no attempt", async (t) => {
  const receiver = await openReceiver(t);
  const client = makeClient(t, receiver.url);
  await client.post(request);
  await receiver.refuse();
  await receiver.listen();
  assert.equal((await client.post(request)).kind, "answered");
});

test("a private address is refused unless the sink allows it, by number and by name", async (t) => {
  const receiver = await openReceiver(t);
  const { port } = new URL(receiver.url);
  for (const host of ["127.0.0.1", "localhost", "[::1]", "0x7f.1"]) {
    const client = makeClient(t, `http://${host}:${port}/`, { allows: false });
    const answer = await client.post(request);
    assert.deepEqual(answer, { kind: "failed", code: "ADDRESS_NOT_ALLOWED" }, host);
  }
  assert.equal(receiver.requests.length, 0);
});
