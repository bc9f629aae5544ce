import assert from "node:assert/strict";
import test from "node:test";
import {
  claimLease,
  type Lease,
  releaseLease,
  renewLease,
  requireLease,
} from "../../src/hub/lease.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { openTestHub, type TestDatabase } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";

const [here, there] = [
  "00000000-0000-4000-8000-000000000001",
  "00000000-0000-4000-8000-000000000002",
];
const name = "export/shop";
const minuteMs = 60_000;

async function requireClaim({ sql }: TestDatabase, holder: string, ms = minuteMs): Promise<Lease> {
  const lease = await claimLease(sql, name, holder, ms);
  if (lease === undefined) throw new Error("the lease is taken");
  return lease;
}

/** What a daemon finds that was paused until its lease had run out. */
async function expire({ sql }: TestDatabase): Promise<void> {
  await sql`update perigee.leases set expires_at = now() - interval '1 second'`;
}

test("of twenty daemons that claim one name at once exactly one gets it", async (t) => {
  const hub = await openTestHub(t);
  const connections = await Promise.all(
    Array.from({ length: 20 }, () => openConnection(hub.target)),
  );
  t.after(() => connections.forEach((connection) => connection.destroy()));
  for (let round = 0; round < 30; round++) {
    const leases = await Promise.all(
      connections.map(({ sql }, index) =>
        claimLease(sql, `${name}-${round}`, here.slice(0, -2) + (10 + index), minuteMs)
      ),
    );
    assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
  }
});

test("a lease that is held is given to nobody, its holder included", async (t) => {
  const hub = await openTestHub(t);
  await requireClaim(hub, here);
  assert.equal(await claimLease(hub.sql, name, there, minuteMs), undefined);
  assert.equal(await claimLease(hub.sql, name, here, minuteMs), undefined);
});

test("a lease that was given back is free at once, and its fence has moved", async (t) => {
  const hub = await openTestHub(t);
  const first = await requireClaim(hub, here);
  await releaseLease(hub.sql, first);
  const second = await requireClaim(hub, there);
  assert.equal(BigInt(second.fence), BigInt(first.fence) + 1n);
  await releaseLease(hub.sql, first);
  assert.equal(await renewLease(hub.sql, second, minuteMs), true);
});

test("a daemon that wakes up after its lease was taken can neither renew it nor write", async (t) => {
  const hub = await openTestHub(t);
  const paused = await requireClaim(hub, here);
  await expire(hub);
  await requireClaim(hub, there);
  assert.equal(await renewLease(hub.sql, paused, minuteMs), false);
  const writing = hub.sql.begin(async (sql) => {
    await requireLease(sql, paused);
    await sql`insert into perigee.messages (name) values ('stale')`;
  });
  await assert.rejects(writing, { code: "PG410", kind: "conflict" });
  const [row] = await hub.sql<{ count: number }[]>`
    select count(*)::integer from perigee.messages`;
  assert.equal(row?.count, 0);
});

test("a late lease that nobody took is still ours", async (t) => {
  const hub = await openTestHub(t);
  const lease = await requireClaim(hub, here);
  await expire(hub);
  await hub.sql.begin((sql) => requireLease(sql, lease));
  assert.equal(await renewLease(hub.sql, lease, minuteMs), true);
});

test("nobody takes a name over between the check of the lease and the commit", async (t) => {
  const hub = await openTestHub(t);
  const lease = await requireClaim(hub, here);
  await expire(hub);
  const [writer, taker] = [await openConnection(hub.target), await openConnection(hub.target)];
  t.after(() => [writer, taker].forEach((connection) => connection.destroy()));
  await writer.sql.unsafe("begin");
  await requireLease(writer.sql as never, lease);
  let taken: Lease | undefined;
  const taking = claimLease(taker.sql, name, there, minuteMs).then((claimed) => taken = claimed);
  await waitFor("the other daemon to wait for the row", async () => {
    const [row] = await hub.sql<{ waits: boolean }[]>`
      select exists (select from pg_locks where not granted) as waits`;
    return row?.waits ? true : undefined;
  });
  assert.equal(taken, undefined);
  await writer.sql`insert into perigee.messages (name) values ('in time')`;
  await writer.sql.unsafe("commit");
  await taking;
  assert.equal((taken as Lease | undefined)?.holder, there);
});

test("a lease is renewed while its run's transaction is open", async (t) => {
  const hub = await openTestHub(t);
  const lease = await requireClaim(hub, here);
  const writer = await openConnection(hub.target);
  t.after(() => writer.destroy());
  await writer.sql.unsafe("begin");
  await requireLease(writer.sql as never, lease);
  await hub.sql.begin(async (sql) => {
    await sql`set local lock_timeout = '2s'`;
    assert.equal(await renewLease(sql as never, lease, 2 * minuteMs), true);
  });
  await writer.sql.unsafe("commit");
});
