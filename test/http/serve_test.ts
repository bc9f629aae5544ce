import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { PerigeeError } from "../../src/error.ts";
import { serve, type ServeOptions } from "../../src/runtime.ts";

/** A server on a free port of loopback whose answers the test gives. */
function serveWith(fetch: ServeOptions["fetch"], port = 0) {
  return serve({ host: "127.0.0.1", port, headersTimeoutMs: 5_000, fetch });
}

/** A promise and what settles it. */
function makeGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

test("a request is answered and its client's address is known", async () => {
  const server = await serveWith((_request, peer) => new Response(peer.remoteAddress));
  try {
    assert.equal(await (await fetch(server.url)).text(), "127.0.0.1");
  } finally {
    assert.equal(await server.stop(1_000), 0);
  }
});

test("stop lets a request that runs finish, streams included", async () => {
  const [begun, gate] = [makeGate(), makeGate()];
  const server = await serveWith(() => {
    const encoder = new TextEncoder();
    begun.open();
    return new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(encoder.encode("first,"));
          await gate.opened;
          controller.enqueue(encoder.encode("last"));
          controller.close();
        },
      }),
    );
  });
  const response = await fetch(server.url);
  await begun.opened;
  const stopped = server.stop(10_000);
  gate.open();
  assert.equal(await response.text(), "first,last");
  assert.equal(await stopped, 0);
  await assert.rejects(fetch(server.url));
});

test("stop breaks what does not finish within the limit and counts it", async () => {
  const [begun, never] = [makeGate(), makeGate()];
  const server = await serveWith(async () => {
    begun.open();
    await never.opened;
    return new Response("late");
  });
  const request = fetch(server.url).then(() => "answered", () => "broken");
  await begun.opened;
  assert.equal(await server.stop(50), 1);
  assert.equal(await request, "broken");
  never.open();
});

test("stop does not wait for idle connections that clients keep open", async () => {
  const server = await serveWith(() => new Response("x"));
  const { port } = new URL(server.url);
  const socket = net.connect({ host: "127.0.0.1", port: Number(port) });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => {
    socket.once("data", resolve);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  });
  const startedAt = performance.now();
  assert.equal(await server.stop(30_000), 0);
  await closed;
  assert.ok(performance.now() - startedAt < 5_000);
});

test("an address in use is an error that says what to do", async () => {
  const server = await serveWith(() => new Response("x"));
  try {
    await assert.rejects(serveWith(() => new Response("y"), server.port), (error) => {
      assert.ok(error instanceof PerigeeError);
      assert.equal(error.code, "PG912");
      assert.match(error.message, /^cannot listen on 127\.0\.0\.1:\d+: \w+$/);
      assert.match(error.advice ?? "", /server\.port/);
      return true;
    });
  } finally {
    await server.stop(0);
  }
});
