import assert from "node:assert/strict";
import { test } from "node:test";
import { keepWritersQuiet } from "../../src/hub/change_log.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import type { TestDatabase } from "../support/database.ts";
import { openThreeContacts } from "../support/three_contacts.ts";
import { waitFor } from "../support/wait.ts";

/** Counts the wake-ups that arrive while `work` runs, up to an own last one. */
async function countWakeUps(
  hub: TestDatabase,
  work: () => Promise<void>,
): Promise<number> {
  let heard = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => finish = resolve);
  const listener = await openConnection(hub.target, {
    onNotify: (channel) => void (channel === "perigee_changes" ? heard++ : finish()),
  });
  try {
    await listener.sql`listen perigee_changes`;
    await listener.sql`listen the_end`;
    await work();
    await hub.sql`select pg_notify('the_end', '')`;
    await finished;
    return heard;
  } finally {
    listener.destroy();
  }
}

test("a transaction wakes listeners once, however many statements it has", async (t) => {
  const hub = await openThreeContacts(t);
  const heard = await countWakeUps(hub, () =>
    hub.sql.begin(async (sql) => {
      for (let n = 0; n < 20; n++) {
        await sql`update perigee.contacts set total_sent = total_sent + 1 where contact_id = 1`;
      }
    }).then(() => undefined));
  assert.equal(heard, 1);
});

test("of transactions that follow one another few wake listeners, however many there are", async (t) => {
  const hub = await openThreeContacts(t);
  const startedAt = performance.now();
  const heard = await countWakeUps(hub, async () => {
    for (let n = 0; n < 200; n++) {
      await hub.sql`update perigee.contacts set total_sent = total_sent + 1 where contact_id = 1`;
    }
  });
  const elapsedMs = performance.now() - startedAt;
  assert.ok(heard >= 1 && heard <= elapsedMs / 5 + 1, `${heard} in ${elapsedMs} ms`);
});

test("a transaction that stays open does not keep others from waking listeners", async (t) => {
  const hub = await openThreeContacts(t);
  let heard = 0;
  const listener = await openConnection(hub.target, { onNotify: () => void heard++ });
  const idle = await openConnection(hub.target);
  t.after(() => [listener, idle].forEach((connection) => connection.destroy()));
  await listener.sql`listen perigee_changes`;
  await idle.sql.unsafe("begin");
  await idle.sql`update perigee.contacts set total_sent = 1 where contact_id = 1`;
  // What comes within a few milliseconds of it leaves the wake-up out; the others are free.
  await waitFor("two wake-ups by others", async () => {
    await hub.sql`update perigee.contacts set total_sent = total_sent + 1 where contact_id = 2`;
    return heard >= 2 ? true : undefined;
  });
});

test("writers wake nobody while somebody looks by himself, and do so again afterwards", async (t) => {
  const hub = await openThreeContacts(t);
  const write = () => hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
  const holder = await openConnection(hub.target);
  t.after(() => holder.destroy());
  const quiet = await countWakeUps(hub, async () => {
    await holder.sql`select pg_advisory_lock(8101190)`;
    await write();
    await holder.sql`select pg_advisory_unlock(8101190)`;
  });
  assert.equal(quiet, 0);
  assert.equal(await countWakeUps(hub, async () => void await write()), 1);
});

test("a transaction that stays open keeps nobody from keeping writers quiet", async (t) => {
  const hub = await openThreeContacts(t);
  const idle = await openConnection(hub.target);
  t.after(() => idle.destroy());
  await idle.sql.unsafe("begin");
  await idle.sql`update perigee.contacts set total_sent = 1 where contact_id = 1`;
  assert.equal(await keepWritersQuiet(hub.sql, 0), true);
});

test("a statement that touches no row wakes nobody and keeps no lock", async (t) => {
  const hub = await openThreeContacts(t);
  const writer = await openConnection(hub.target);
  t.after(() => writer.destroy());
  const heard = await countWakeUps(hub, async () => {
    await writer.sql`update perigee.contacts set total_sent = 1 where contact_id = 4`;
    await writer.sql`delete from perigee.contacts where contact_id = 4`;
  });
  assert.equal(heard, 0);
  const held = await writer.sql`
    select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`;
  assert.equal(held.length, 0);
});

test("of those that would keep writers quiet at the same time one does", async (t) => {
  const hub = await openThreeContacts(t);
  const other = await openConnection(hub.target);
  t.after(() => other.destroy());
  const first = keepWritersQuiet(hub.sql, 60_000);
  first.catch(() => undefined);
  await waitFor("the lock", async () => {
    const [row] = await other.sql`select from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`;
    return row && true;
  });
  assert.equal(await keepWritersQuiet(other.sql, 60_000), false);
  await other.sql`select pg_cancel_backend(pid) from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`;
  await assert.rejects(first, { code: "57014" });
  assert.equal(await keepWritersQuiet(other.sql, 0), true);
});
