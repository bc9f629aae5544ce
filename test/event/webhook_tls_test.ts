import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { WebhookClient, type WebhookTarget } from "../../src/event/webhook_client.ts";
import { openReceiver, type Receiver } from "../support/receiver.ts";
import { readCertificate } from "../support/tls_server.ts";
import { waitFor } from "../support/wait.ts";
import { deliverTo, openHubPool, queueEvents, readDeliveries, webhookSink } from "./fixture.ts";

const request = { body: "{}", headers: { "webhook-id": "1" } };

/** A receiver that shows this certificate; with `asks` it wants one of the tests' authority. */
async function openSecured(
  t: TestContext,
  name: string,
  more: { host?: string; asks?: boolean } = {},
): Promise<Receiver> {
  const { host = "127.0.0.1", asks = false } = more;
  const tls = {
    cert: await readCertificate(`${name}.crt`),
    key: await readCertificate(`${name}.key`),
    ...(asks ? { ca: await readCertificate("authority.crt"), requestCert: true } : {}),
  };
  return await openReceiver(t, { tls, host });
}

/** Posts once and answers the status, or the code of the failure. */
async function tryPosting(
  t: TestContext,
  url: string,
  tls: Partial<WebhookTarget["tls"]> = {},
): Promise<number | string> {
  const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined };
  const client = new WebhookClient({
    url,
    allowsPrivate: true,
    concurrency: 1,
    timeoutMs: 5_000,
    tls: { ...none, ...tls },
  });
  t.after(() => client.close());
  const answer = await client.post(request);
  return answer.kind === "answered" ? answer.status : answer.code;
}

test("a receiver whose certificate comes from the sink's own authority is reached by name and by address", async (t) => {
  const ca = await readCertificate("authority.crt");
  const byName = await openSecured(t, "server", { host: "localhost" });
  assert.equal(await tryPosting(t, byName.url, { ca }), 204);
  const byAddress = await openSecured(t, "server_ip");
  assert.equal(await tryPosting(t, byAddress.url, { ca }), 204);
  assert.equal(byName.requests[0]?.headers.host, new URL(byName.url).host);
});

test("a certificate of another authority, of another name or out of date is refused before anything is sent", async (t) => {
  const ca = await readCertificate("authority.crt");
  const stranger = await readCertificate("stranger.crt");
  const good = await openSecured(t, "server_ip");
  assert.match(String(await tryPosting(t, good.url)), /[A-Z_]{3,}/);
  assert.match(String(await tryPosting(t, good.url, { ca: stranger })), /[A-Z_]{3,}/);
  const named = await openSecured(t, "server");
  assert.match(String(await tryPosting(t, named.url, { ca })), /[A-Z_]{3,}/);
  const expired = await openSecured(t, "server_expired");
  assert.match(String(await tryPosting(t, expired.url, { ca })), /[A-Z_]{3,}/);
  for (const { requests } of [good, named, expired]) assert.equal(requests.length, 0);
});

test("`server_name` says which name the certificate must have, whatever the URL's host", async (t) => {
  const ca = await readCertificate("authority.crt");
  const receiver = await openSecured(t, "server");
  assert.equal(await tryPosting(t, receiver.url, { ca, serverName: "db.example.com" }), 204);
  const other = await tryPosting(t, receiver.url, { ca, serverName: "other.example.com" });
  assert.equal(typeof other, "string");
  assert.equal(receiver.requests.length, 1);
});

test("a receiver that asks for a client certificate gets the sink's, and refuses a sink without one", async (t) => {
  const ca = await readCertificate("authority.crt");
  const receiver = await openSecured(t, "server_ip", { asks: true });
  const cert = await readCertificate("client.crt");
  const key = await readCertificate("client.key");
  assert.equal(await tryPosting(t, receiver.url, { ca, cert, key }), 204);
  assert.equal(typeof await tryPosting(t, receiver.url, { ca }), "string");
  assert.equal(receiver.requests.length, 1);
});

test("TLS with a receiver that speaks none, and none with one that wants it, are failures", async (t) => {
  const plain = await openReceiver(t);
  assert.equal(typeof await tryPosting(t, plain.url.replace("http:", "https:")), "string");
  const secured = await openSecured(t, "server_ip");
  const answer = await tryPosting(t, secured.url.replace("https:", "http:"));
  assert.ok(typeof answer === "string" || answer === 400, String(answer));
  assert.equal(plain.requests.length + secured.requests.length, 0);
});

test("a delivery over TLS arrives on connections that are used again; a bad certificate leaves it waiting with the reason", async (t) => {
  const hub = await openHubPool(t);
  const ca = await readCertificate("authority.crt");
  const good = await openSecured(t, "server_ip");
  const expired = await openSecured(t, "server_expired");
  const tls = { ca, cert: undefined, key: undefined, serverName: undefined };
  await queueEvents(hub.sql, [1, 1, 1, 1], "good");
  await queueEvents(hub.sql, [1], "expired");
  deliverTo(t, hub, [
    webhookSink(good.url, { name: "good", tls }),
    webhookSink(expired.url, { name: "expired", tls }),
  ]);
  await waitFor("the good receiver", async () => {
    const rows = await readDeliveries(hub.sql, "good");
    return rows.every((row) => row.state === "delivered") ? rows : undefined;
  });
  assert.deepEqual(good.requests.map((each) => each.connection), [1, 1, 1, 1]);
  const [row] = await waitFor("the refusal", async () => {
    const rows = await readDeliveries(hub.sql, "expired");
    return (rows[0]?.attempts ?? 0) > 0 ? rows : undefined;
  });
  assert.equal(row?.state, "pending");
  assert.equal(row?.status, null);
  assert.match(row?.error ?? "", /[A-Z_]{3,}/);
  assert.equal(expired.requests.length, 0);
});
