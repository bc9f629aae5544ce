import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { fromTheStart, snapshotOf, writeBatches } from "./batched_upsert.ts";
import { bounded, pairedAtMost } from "./export_pairs.ts";
import { assertSameContacts, type ExportWorld, peerTableStatements } from "./export_world.ts";
import { median, printResult } from "./paired.ts";
import { openReplica, type Replica } from "./logical_replica.ts";

const runs = 5;

/** 1 % of the contacts change, against logical replication. */
export function measureFewChanges(world: ExportWorld): Promise<void> {
  return withReplica(world, (replica) => measureAgainstReplica(world, replica, 0.01, 1.0));
}

/** 10 % of the contacts change, against logical replication. */
export function measureManyChanges(world: ExportWorld): Promise<void> {
  return withReplica(world, (replica) => measureAgainstReplica(world, replica, 0.1, 0.9));
}

async function withReplica(
  world: ExportWorld,
  measure: (replica: Replica) => Promise<void>,
): Promise<void> {
  await world.run();
  const replica = await openReplica(world);
  try {
    await measure(replica);
  } finally {
    await replica.close();
  }
}

async function measureAgainstReplica(
  world: ExportWorld,
  replica: Replica,
  share: number,
  limit: number,
): Promise<void> {
  const changed = Math.round(world.rows * share);
  const settle = async () => {
    await replica.catchUp();
    await world.run();
    await world.hub.sql`checkpoint`;
  };
  const result = await pairedAtMost(
    `${changed} of ${world.rows} contacts changed / logical replication`,
    limit,
    {
      prepare: async () => {
        await settle();
        await replica.pause();
        await changeContacts(world, changed);
      },
      run: async () => {
        const startedAt = performance.now();
        const counts = await world.run();
        const elapsed = performance.now() - startedAt;
        assert.equal(counts["written"], changed);
        await replica.resume();
        return elapsed;
      },
    },
    {
      prepare: settle,
      run: async () => {
        await changeContacts(world, changed);
        const committedAt = performance.now();
        await replica.catchUp();
        return performance.now() - committedAt;
      },
    },
    runs,
  );
  await settle();
  await assertSameContacts(world.hub.sql, [[world.customer.sql, "contacts"]]);
  await replica.assertSame();
  printResult(result);
}

/** 10 % of the contacts change, against batched INSERT … ON CONFLICT with parameters, as an application writes it. */
export async function measureAgainstBatches(world: ExportWorld): Promise<void> {
  const changed = Math.round(world.rows / 10);
  await world.run();
  await world.peer.sql.unsafe(peerTableStatements("batched"));
  await writeBatches(world, "batched", fromTheStart);
  const state = { since: fromTheStart };
  const prepare = async () => {
    await world.run();
    state.since = await snapshotOf(world);
    // Before the change, as above: after it, both would pay for the hub's pages to be logged whole.
    await world.hub.sql`checkpoint`;
    await changeContacts(world, changed);
  };
  const result = await pairedAtMost(
    `${changed} of ${world.rows} contacts changed / batched inserts by parameters`,
    0.4,
    {
      prepare,
      run: async () => {
        const startedAt = performance.now();
        await world.run();
        const elapsed = performance.now() - startedAt;
        await writeBatches(world, "batched", state.since);
        return elapsed;
      },
    },
    { prepare, run: () => writeBatches(world, "batched", state.since) },
    runs,
  );
  await world.run();
  await assertSameContacts(world.hub.sql, [[world.customer.sql, "contacts"], [
    world.peer.sql,
    "batched",
  ]]);
  await world.peer.sql`drop table batched`;
  printResult(result);
}

/**
 * Nine tenths are updates spread over the table, one tenth is new. Each time other rows change: the
 * same ones would gather on few pages of a table without free space, and be cheap to change again.
 */
export async function changeContacts(world: ExportWorld, changed: number): Promise<void> {
  const inserts = Math.round(changed / 10);
  const step = Math.floor(world.rows / (changed - inserts));
  const [newest] = await world.hub.sql<{ id: string }[]>`
    select max(contact_id)::text as id from perigee.contacts`;
  const turn = Math.floor((Number(newest?.id) - world.rows) / inserts) % step;
  await world.hub.sql.begin(async (sql) => {
    await sql.unsafe(`update perigee.contacts
      set total_sent = total_sent + 1, last_name = 'Changed' || total_sent, last_clicked_date = date_trunc('milliseconds', now())
      where contact_id <= ${step * (changed - inserts)} and contact_id % ${step} = ${turn}`);
    await sql.unsafe(
      `insert into perigee.contacts (email, first_name, created_date, last_clicked_date)
      select gen_random_uuid() || '@example.com', 'New' || i, date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
      from generate_series(1, ${inserts}) as i`,
    );
  });
}

/** A run that finds nothing to do: all of its time, of which the databases' is a part. */
export async function measureIdle(world: ExportWorld): Promise<void> {
  await world.run();
  const times: number[] = [];
  for (let run = 0; run < 101; run += 1) {
    const startedAt = performance.now();
    const counts = await world.run();
    times.push(performance.now() - startedAt);
    assert.equal(counts["datasets"], 0);
  }
  printResult(
    bounded("run with nothing changed, ms", median(times), 10, median(times), times.length),
  );
}
