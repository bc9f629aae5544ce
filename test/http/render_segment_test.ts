import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import {
  byName,
  messageOf,
  rendererOf,
  startRenderServer,
  testServer,
  testToken,
} from "../support/render_server.ts";
import { renderSegment } from "../../src/message/render_segment.ts";
import { waitFor } from "../support/wait.ts";
import { openWorld, segmentOf, sourceOf } from "../support/world.ts";

const members = 2_600;

const world = await openWorld(`
  create table promo_codes (id integer primary key, email text, code text);
  create index on promo_codes (lower(btrim(email)));
  insert into promo_codes
  select n, 'person' || n || '@example.com', 'CODE-' || n || '-' || part
  from generate_series(1, ${members}) n, generate_series(1, 1) part where n % 100 <> 7;`);
await world.hub.sql.unsafe(`
  insert into perigee.contacts (contact_id, email)
  select n, 'person' || n || '@example.com' from generate_series(1, ${members}) n;
  insert into perigee.segments (segment_id, name, evaluated_at, total, unmatched)
  values (7, 'everybody', now(), ${members}, 0), (9, 'nobody', now(), 0, 0);
  insert into perigee.segment_members (segment_id, contact_id, entered_at)
  select 7, n, now() from generate_series(1, ${members}) n;`);

/** 20 kB. */
const longText = "#foreach($i in [1..2000])0123456789#end";
const nothing = { kind: "all", nodes: [] } as const;
const parts = {
  sources: byName(sourceOf("promo_codes", 1043)),
  segments: byName(
    segmentOf("everybody", 7, nothing),
    segmentOf("nobody", 9, nothing),
    segmentOf("unknown_yet", 8, nothing),
  ),
  messages: byName(
    messageOf("codes", 1, { text: "$contact.email $!data.get('promo_codes').get(0).get('code')" }, {
      sources: [{ source: "promo_codes", isRequired: true }],
    }),
    messageOf("picky", 2, {
      text: "#if($contact.contactId == '3')$data.get('promo_codes').get(5)#{end}fine",
    }),
    messageOf("broken", 3, { text: "#if(" }),
    messageOf("long", 4, { text: longText }),
  ),
};
const server = await startRenderServer(world, parts);

async function readLines(response: Response): Promise<Record<string, unknown>[]> {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  const text = await response.text();
  assert.ok(text.endsWith("\n"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

test("every member is rendered once with its own rows, in order, before a summary", async () => {
  const response = await server.post("/render/segment", { message: "codes", segment: "everybody" });
  const lines = await readLines(response);
  const summary = lines.pop()?.["summary"] as Record<string, unknown>;
  assert.deepEqual(lines.map(({ contactId }) => Number(contactId)), range(1, members));
  const skipped = lines.filter(({ error }) => error !== undefined);
  assert.deepEqual({ ...summary, durationMs: 0 }, {
    rendered: members - skipped.length,
    skipped: skipped.length,
    failed: 0,
    durationMs: 0,
  });
  for (const { contactId, email, text, error } of lines) {
    assert.equal(email, `person${contactId}@example.com`);
    if (Number(contactId) % 100 === 7) {
      assert.equal((error as { code: string }).code, "PG807");
    } else {
      assert.equal(text, `${email} CODE-${contactId}-1`);
    }
  }
});

test("a member that fails is a line with its error, and the others go on", async () => {
  const lines = await readLines(
    await server.post("/render/segment", { message: "picky", segment: 7 }),
  );
  const summary = lines.pop()?.["summary"] as Record<string, unknown>;
  assert.equal(summary["failed"], 1);
  assert.equal(summary["rendered"], members - 1);
  const failed = lines.find(({ error }) => error !== undefined);
  const { code, template, line } = failed?.["error"] as Record<string, unknown>;
  assert.deepEqual({ contactId: failed?.["contactId"], code, template, line }, {
    contactId: "3",
    code: "PG802",
    template: "picky.text.vm",
    line: 1,
  });
});

test("a segment without members is a summary alone", async () => {
  const lines = await readLines(
    await server.post("/render/segment", { message: "codes", segment: "nobody" }),
  );
  assert.equal(lines.length, 1);
  assert.equal((lines[0]?.["summary"] as Record<string, unknown>)["rendered"], 0);
});

const problems: [string, unknown, number, string][] = [
  ["an unknown segment", { message: "codes", segment: "nope" }, 404, "PG811"],
  [
    "a segment that was never evaluated",
    { message: "codes", segment: "unknown_yet" },
    409,
    "PG812",
  ],
  ["a broken message", { message: "broken", segment: "everybody" }, 422, "PG801"],
  ["no segment", { message: "codes" }, 422, "PG907"],
];
for (const [name, body, status, code] of problems) {
  test(`${name} is answered with ${status} before the stream begins`, async () => {
    const response = await server.post("/render/segment", body);
    assert.equal(response.status, status);
    assert.equal((await response.json()).code, code);
  });
}

test("a connector that fails midway ends the stream with the error in the summary", async () => {
  const late = await openWorld(`
    create table promo_codes (id integer primary key, email text);
    insert into promo_codes select n, 'person' || n || '@example.com' from generate_series(1, 5000) n;`);
  await late.hub.sql.unsafe(`
    insert into perigee.contacts (contact_id, email)
    select n, 'person' || n || '@example.com' from generate_series(1, 5000) n;
    insert into perigee.segments values (7, 'everybody', now(), 5000, 0);
    insert into perigee.segment_members select 7, n, now() from generate_series(1, 5000) n;`);
  const message = messageOf("long", 4, {
    text: "$!data.get('promo_codes').size()#foreach($i in [1..2000])0123456789#end",
  });
  const failing = await startRenderServer(late, { ...parts, messages: byName(message) });
  const response = await failing.post("/render/segment", { message: "long", segment: 7 });
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  let text = "";
  const decoder = new TextDecoder();
  const first = await reader.read();
  text += decoder.decode(first.value, { stream: true });
  await late.shop.sql.unsafe("drop table promo_codes");
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text = (text + decoder.decode(chunk.value, { stream: true })).slice(-5_000);
  }
  const summary = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "").summary;
  assert.ok(summary.rendered > 0 && summary.rendered < 5_000);
  assert.deepEqual({ code: summary.error.code, status: summary.error.status }, {
    code: "PG230",
    status: 503,
  });
});

test("work stops when the client goes, and nothing is rendered that nobody reads", async () => {
  const { hostname, port } = new URL(server.url);
  const body = JSON.stringify({ message: "long", segment: "everybody" });
  const socket = net.connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  socket.write(
    `POST /render/segment HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${testToken}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve) => socket.once("data", resolve));
  socket.destroy();
  const ended = await waitFor(
    "the end of the rendering",
    () =>
      world.observations.find((observation) =>
        observation.kind === "segment_rendered" && observation.message === "long"
      ),
  );
  assert.ok(ended.kind === "segment_rendered");
  // 2,600 members of 20 kB are 52 MB, far more than sockets hold.
  assert.equal(ended.isComplete, false);
  assert.ok((ended.counts["rendered"] ?? 0) < members / 2, `${ended.counts["rendered"]} rendered`);
});

test("a client that stops reading is left after the request's time limit", async () => {
  const impatient = await startRenderServer(world, {
    ...parts,
    messages: byName(messageOf("stalled", 5, { text: longText })),
    server: { ...testServer, requestTimeoutMs: 300 },
  });
  const response = await impatient.post("/render/segment", { message: "stalled", segment: 7 });
  const ended = await waitFor(
    "the end of the rendering",
    () =>
      world.observations.find((observation) =>
        observation.kind === "segment_rendered" && observation.message === "stalled"
      ),
  );
  assert.ok(ended.kind === "segment_rendered" && !ended.isComplete);
  await assert.rejects(response.text());
});

test("a caller that stops asking stops the rendering", async () => {
  const renderer = rendererOf(world, { server: testServer, ...parts });
  const message = renderer.messages.require("codes");
  let seen = 0;
  for await (const batch of renderSegment(renderer, message, "everybody", undefined)) {
    seen += batch.length;
    if (seen >= 100) break;
  }
  assert.equal(seen, 100);
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
