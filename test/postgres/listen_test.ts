import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { PerigeeError } from "../../src/error.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { type Listener, openListener } from "../../src/postgres/listen.ts";
import { isBehindPooler } from "../../src/postgres/pooler.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { listBackends, terminateBackend, waitForNoBackends } from "../support/backends.ts";
import { openTestDatabase } from "../support/database.ts";
import { openPooler } from "../support/pooler.ts";
import { openProxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";

const listenerName = "perigee test listen";

interface Heard {
  readonly listener: Listener;
  readonly payloads: string[];
  readonly deaf: PerigeeError[];
  /** How often it began to listen. */
  readonly times: { listening: number };
}

function listen(t: TestContext, target: ConnectionTarget, heartbeatMs = 10_000): Heard {
  const payloads: string[] = [];
  const deaf: PerigeeError[] = [];
  const times = { listening: 0 };
  const listener = openListener(target, {
    channels: {
      'odd "Channel"': (payload) => payloads.push(`odd ${payload}`),
      plain: (payload) => payloads.push(payload),
    },
    onListening: () => times.listening += 1,
    onDeaf: (reason) => deaf.push(reason),
    heartbeatMs,
  });
  t.after(() => listener.close());
  return { listener, payloads, deaf, times };
}

const pooledTarget = (target: ConnectionTarget, port: number): ConnectionTarget => ({
  ...target,
  port,
  ssl: { mode: "disable" },
  isPooled: true,
});

const untilListening = (heard: Heard, times: number) =>
  waitFor(`LISTEN number ${times}`, () => heard.times.listening >= times ? true : undefined);

const untilHeard = (heard: Heard, count: number) =>
  waitFor(`${count} notifications`, () => heard.payloads.length >= count ? true : undefined);

test("notifications arrive on channels of any name, and none after close", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const heard = listen(t, target);
  await untilListening(heard, 1);
  await sql`select pg_notify('plain', 'first'), pg_notify(${'odd "Channel"'}, 'second')`;
  await sql`select pg_notify('other', 'unheard')`;
  await untilHeard(heard, 2);
  assert.deepEqual(heard.payloads, ["first", "odd second"]);
  assert.ok((heard.listener.lastHeardAt?.getTime() ?? 0) > Date.now() - 10_000);
  await heard.listener.close();
  await waitForNoBackends(sql, listenerName);
  await sql`select pg_notify('plain', 'late')`;
  assert.equal(heard.payloads.length, 2);
  assert.deepEqual(heard.deaf, []);
});

test("a listener whose session is ended says so, listens again and hears again", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const heard = listen(t, target);
  for (let round = 1; round <= 3; round += 1) {
    await untilListening(heard, round);
    const [backend] = await listBackends(sql, listenerName);
    await terminateBackend(sql, backend?.pid ?? 0);
    await waitFor("the loss", () => heard.deaf.length === round ? true : undefined);
    assert.equal(heard.deaf.at(-1)?.sqlstate, "57P01");
  }
  await untilListening(heard, 4);
  await sql`select pg_notify('plain', 'again')`;
  await untilHeard(heard, 1);
});

test("a line that swallows everything is noticed by the heartbeat and opened anew", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const proxy = await openProxy(target);
  t.after(() => proxy.close());
  const heard = listen(t, { ...target, host: proxy.host, port: proxy.port }, 100);
  await untilListening(heard, 1);
  proxy.stall();
  await sql`select pg_notify('plain', 'lost')`;
  await waitFor("deafness", () => heard.deaf.length > 0 ? true : undefined, 2_000);
  assert.equal(heard.deaf[0]?.code, "PG207");
  assert.match(heard.deaf[0]?.message ?? "", /no heartbeat/);
  proxy.cut();
  proxy.resume();
  await untilListening(heard, 2);
  await sql`select pg_notify('plain', 'heard')`;
  await waitFor("the notification", () => heard.payloads.includes("heard") ? true : undefined);
});

test("a quiet line with a heartbeat stays as it is", async (t) => {
  const { target } = await openTestDatabase(t);
  const heard = listen(t, target, 20);
  await untilListening(heard, 1);
  const first = await waitFor("a heartbeat", () => heard.listener.lastHeardAt);
  await waitFor("ten more", () => {
    const last = heard.listener.lastHeardAt ?? first;
    return last.getTime() - first.getTime() > 200 ? true : undefined;
  });
  assert.deepEqual([heard.times.listening, heard.deaf.length], [1, 0]);
});

test("a server that is away is tried again until it is back", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const proxy = await openProxy(target);
  t.after(() => proxy.close());
  proxy.refuse(true);
  const heard = listen(t, { ...target, host: proxy.host, port: proxy.port });
  await waitFor("two attempts", () => heard.deaf.length >= 2 ? true : undefined);
  assert.ok(heard.deaf.every(({ kind }) => kind === "connection"));
  assert.equal(heard.times.listening, 0);
  proxy.refuse(false);
  await untilListening(heard, 1);
  await sql`select pg_notify('plain', 'back')`;
  await untilHeard(heard, 1);
});

test("a pooler that loses notifications is named, and nothing relies on it", async (t) => {
  const { target } = await openTestDatabase(t);
  const pooler = await openPooler(target);
  t.after(() => pooler.close());
  const pooled = pooledTarget(target, pooler.port);
  const heard = listen(t, pooled);
  const reason = await waitFor("the reason", () => heard.deaf[0]);
  assert.equal(reason.code, "PG298");
  assert.match(reason.message, /LISTEN does not work through this address/);
  assert.equal(heard.times.listening, 0);
});

test("a pooler is told from a server by the session that it pretends to have", async (t) => {
  const { target, sql } = await openTestDatabase(t);
  const pooler = await openPooler(target);
  t.after(() => pooler.close());
  const pooled = await openConnection(pooledTarget(target, pooler.port));
  assert.equal(await isBehindPooler(pooled.sql), true);
  assert.equal(await isBehindPooler(sql), false);
  await pooled.end();
});

test("close ends a listener that is still connecting", async (t) => {
  const { target } = await openTestDatabase(t);
  const proxy = await openProxy(target);
  t.after(() => proxy.close());
  proxy.stall();
  const heard = listen(t, {
    ...target,
    host: proxy.host,
    port: proxy.port,
    connectTimeoutMs: 300,
  });
  await waitFor("the attempt", () => proxy.openLinks > 0 ? true : undefined);
  await heard.listener.close();
  assert.deepEqual([heard.times.listening, heard.deaf.length], [0, 0]);
});
