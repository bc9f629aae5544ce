import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import {
  byName,
  dinaRow,
  messageOf,
  promoCodesSql,
  startRenderServer,
  testServer,
  testToken,
} from "../support/render_server.ts";
import { openWorld, sourceOf } from "../support/world.ts";

const world = await openWorld(promoCodesSql);
await world.hub.sql`
  insert into perigee.contacts (contact_id, email) values (1, 'kozak@example.com')`;
const parts = {
  sources: byName(sourceOf("promo_codes", 1043)),
  messages: byName(
    messageOf("codes", 1, { text: "$!data.get('promo_codes').get(0).get('name')" }),
    messageOf("echo", 2, {
      text: "$!data.get('value') $!data.get('constructor') $!data.__proto__",
    }),
  ),
};
const server = await startRenderServer(world, {
  ...parts,
  server: { ...testServer, maxBodyBytes: 20_000 },
});
const good = { message: "codes", contact: { email: "kozak@example.com" } };

/** The server still answers a good request: nothing before did harm. */
async function assertAlive(): Promise<void> {
  const response = await server.post("/render", good);
  assert.deepEqual(await response.json(), { text: "Dina Kozak" });
}

const bodies: [string, string, number, string][] = [
  ["nothing", "", 400, "PG906"],
  ["half an object", '{"message": "codes"', 400, "PG906"],
  ["something after the object", "{} {}", 400, "PG906"],
  ["single quotes", "{'message': 'codes'}", 400, "PG906"],
  ["brackets without end", "[".repeat(10_000), 400, "PG906"],
  ["a deep object", '{"data":'.repeat(1_000) + "1" + "}".repeat(1_000), 400, "PG906"],
  ["null", "null", 422, "PG907"],
  ["a list", "[]", 422, "PG907"],
  ["a number", "1e999", 422, "PG907"],
  ["an empty object", "{}", 422, "PG907"],
  ["a message alone", '{"message": "codes"}', 422, "PG907"],
  ["a misspelt field", '{"message": "codes", "contct": {}}', 422, "PG907"],
  [
    "two kinds of recipient",
    '{"message":"codes","contact":{"contactId":1},"eventId":1}',
    422,
    "PG907",
  ],
  [
    "two keys of one contact",
    '{"message":"codes","contact":{"contactId":1,"email":"a"}}',
    422,
    "PG907",
  ],
  ["an email that is an object", '{"message":"codes","contact":{"email":{"$ne":1}}}', 422, "PG907"],
  ["a contactId beyond doubles", '{"message":"codes","contact":{"contactId":1e300}}', 422, "PG907"],
  ["a negative contactId", '{"message":"codes","contact":{"contactId":-1}}', 422, "PG907"],
  [
    "a moment that is none",
    '{"message":"codes","contact":{"contactId":1},"at":"soon"}',
    422,
    "PG907",
  ],
  [
    "a name that objects inherit",
    '{"message":"constructor","contact":{"contactId":1}}',
    404,
    "PG804",
  ],
  ["a NUL in a key", '{"message":"codes","contact":{"email":"a\\u0000b"}}', 422, "PG907"],
  ["a lone surrogate in a key", '{"message":"codes","contact":{"email":"\\ud800"}}', 404, "PG805"],
  ["SQL in a key", `{"message":"codes","contact":{"email":"' or 1=1 --"}}`, 404, "PG805"],
  ["a huge key", `{"message":"codes","contact":{"email":"${"a".repeat(5_000)}"}}`, 422, "PG907"],
];
for (const [name, body, status, code] of bodies) {
  test(`a body with ${name} is refused with ${status} ${code} and does no harm`, async () => {
    const response = await server.post("/render", body);
    const problem = await response.json();
    assert.deepEqual({ status: response.status, code: problem.code }, { status, code });
    assert.ok(response.headers.get("content-type")?.startsWith("application/problem+json"));
    await assertAlive();
  });
}

test("a refusal names the field and never repeats what it held", async () => {
  const secret = "hunter2-hunter2";
  const response = await server.post("/render", {
    message: "codes",
    contact: { email: [secret] },
    at: secret,
  });
  const text = await response.text();
  assert.match(text, /field contact/);
  assert.ok(!text.includes(secret));
});

test("a body in another type, character set or compression is refused", async () => {
  const headers: Record<string, string>[] = [
    { "content-type": "text/plain" },
    { "content-type": "application/x-www-form-urlencoded" },
    { "content-type": "application/json; charset=utf-16" },
    { "content-encoding": "gzip" },
  ];
  for (const header of headers) {
    const response = await server.post("/render", good, header);
    assert.deepEqual([response.status, (await response.json()).code], [415, "PG905"]);
  }
  const problemJson = { "content-type": "application/vnd.example+json; charset=UTF-8" };
  assert.equal((await server.post("/render", good, problemJson)).status, 200);
});

test("a body that is not UTF-8 is refused", async () => {
  const response = await fetch(`${server.url}/render`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${testToken}` },
    body: new Uint8Array([0x22, 0xc3, 0x28, 0x22]),
  });
  assert.deepEqual([response.status, (await response.json()).code], [400, "PG906"]);
});

test("a body that is too large is refused, whether it says so or not", async () => {
  const large = JSON.stringify({ ...good, data: { value: "x".repeat(30_000) } });
  const declared = await server.post("/render", large);
  assert.deepEqual([declared.status, (await declared.json()).code], [413, "PG904"]);
  const answer = await exchange(
    `POST /render HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${testToken}\r\n` +
      "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" +
      `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`,
  );
  assert.match(answer, /^HTTP\/1\.1 413 /);
  await assertAlive();
});

test("a body that is announced and never sent ends with the request's time limit", async () => {
  const impatient = await startRenderServer(world, {
    ...parts,
    server: { ...testServer, requestTimeoutMs: 200 },
  });
  const answer = await exchange(
    `POST /render HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${testToken}\r\n` +
      'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"message"',
    impatient.url,
  );
  assert.match(answer, /^HTTP\/1\.1 503 /);
  assert.match(answer, /PG909/);
});

test("keys that JavaScript objects inherit are data like any other, or nothing", async () => {
  const data = '{"value": 1, "__proto__": {"polluted": 1}, "constructor": "own"}';
  const response = await server.post("/render?debug", `{"message":"echo","data":${data}}`);
  const body = await response.json();
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.match(body.text, /^1 /);
  assert.ok(!body.text.includes("native code"));
  await assertAlive();
});

test("garbage instead of HTTP does not disturb the next client", async () => {
  for (
    const garbage of [
      "\x16\x03\x01\x02\x00",
      "GET\r\n\r\n",
      "\r\n".repeat(1_000),
      "POST / HTTP/9\r\n\r\n",
    ]
  ) {
    await exchange(garbage);
  }
  await assertAlive();
});

test("overrides of the largest size are rendered as they are", async () => {
  const rows = Array.from({ length: 100 }, (_, index) => ({ ...dinaRow, id: String(index) }));
  const response = await server.post("/render?debug", { ...good, data: { promo_codes: rows } });
  assert.deepEqual((await response.json()).data, { promo_codes: rows });
});

/** Sends bytes as they are and answers what comes back until the server closes or falls silent. */
function exchange(text: string, url = server.url): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    let answer = "";
    socket.setTimeout(1_500, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk;
      if (answer.includes("\r\n\r\n") && answer.endsWith("}")) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
    socket.write(text, "latin1");
  });
}
