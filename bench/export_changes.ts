import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { requireDataset } from "../src/dataset/datasets.ts";
import { allRowsQuery, windowRowsQuery } from "../src/hub/dataset_rows.ts";
import { bounded, pairedAtMost } from "./export_pairs.ts";
import { assertSameContacts, type ExportWorld, peerTableStatements } from "./export_world.ts";
import { median, printResult } from "./paired.ts";
import { openReplica, type Replica } from "./logical_replica.ts";

const runs = 5;
const batchRows = 1_000;

/** 1 % and 10 % of the contacts change, against logical replication and batches of parameters. */
export async function measureChanges(world: ExportWorld): Promise<void> {
  await world.run();
  const replica = await openReplica(world);
  try {
    await measureAgainstReplica(world, replica, 0.01, 1.0);
    await measureAgainstReplica(world, replica, 0.1, 0.9);
  } finally {
    await replica.close();
  }
  await measureAgainstBatches(world);
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

/** Batched INSERT … ON CONFLICT with parameters, as an application writes it. */
async function measureAgainstBatches(world: ExportWorld): Promise<void> {
  const changed = Math.round(world.rows / 10);
  await world.run();
  await world.peer.sql.unsafe(peerTableStatements("batched"));
  await writeBatches(world, "3:3:");
  const state = { since: "" };
  const prepare = async () => {
    await world.run();
    state.since = await snapshotOf(world);
    await changeContacts(world, changed);
    await world.hub.sql`checkpoint`;
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
        await writeBatches(world, state.since);
        return elapsed;
      },
    },
    { prepare, run: () => writeBatches(world, state.since) },
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

async function snapshotOf({ hub }: ExportWorld): Promise<string> {
  const [row] = await hub.sql<{ snapshot: string }[]>`
    select pg_current_snapshot()::text as snapshot`;
  return row?.snapshot ?? "";
}

/** What changed since a snapshot of the hub, in one transaction of the peer's. */
async function writeBatches(world: ExportWorld, since: string): Promise<void> {
  const { columns } = requireDataset("contacts");
  const names = columns.map(({ parameter }) => parameter);
  const values = columns.map((_, index) => `w.c${index + 1}::text as "${names[index]}"`);
  const query = { dataset: requireDataset("contacts"), limits: new Map() };
  const source = since === "3:3:"
    ? allRowsQuery(query)
    : windowRowsQuery(query, { snapshot: since, atMost: world.rows });
  const rows = `select ${values.join(", ")} from (${source}) as w`;
  await world.hub.sql.begin(async (hub) => {
    await hub`set local timezone = 'UTC'`;
    await world.peer.sql.begin(async (peer) => {
      for await (const batch of hub.unsafe(rows).cursor(batchRows)) {
        await peer`insert into batched ${peer(batch as never, ...names as never[])} ${
          peer.unsafe(upsertClause())
        }`;
      }
    });
  });
}

function upsertClause(): string {
  const names = requireDataset("contacts").columns.map(({ parameter }) => `"${parameter}"`)
    .filter((name) => name !== '"contactId"');
  return `on conflict ("contactId") do update set ${
    names.map((name) => `${name} = excluded.${name}`).join(", ")
  }`;
}

/** Nine tenths are updates spread over the table, one tenth is new. */
async function changeContacts(world: ExportWorld, changed: number): Promise<void> {
  const inserts = Math.round(changed / 10);
  const step = Math.floor(world.rows / (changed - inserts));
  await world.hub.sql.begin(async (sql) => {
    await sql.unsafe(`update perigee.contacts
      set total_sent = total_sent + 1, last_name = 'Changed' || total_sent, last_clicked_date = date_trunc('milliseconds', now())
      where contact_id <= ${step * (changed - inserts)} and contact_id % ${step} = 0`);
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
