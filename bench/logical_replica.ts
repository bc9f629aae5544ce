import type { ExportWorld } from "./export_world.ts";
import assert from "node:assert/strict";

/** The hub's contacts in the peer's database, kept equal by built-in logical replication. */
export interface Replica {
  /** Stops applying, and waits until nothing applies any more. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Resolves when everything that is committed in the hub now is visible in the replica. */
  catchUp(): Promise<void>;
  /** Fails unless the replica has the hub's rows. */
  assertSame(): Promise<void>;
  close(): Promise<void>;
}

/** Sets replication up as a user would, with its binary format, and waits for the first copy. */
export async function openReplica(world: ExportWorld): Promise<Replica> {
  const { hub, peer } = world;
  const url = new URL(world.url("hub"));
  await hub.sql.unsafe(`create table public.marker (id bigint primary key);
    create publication bench for table perigee.contacts, public.marker`);
  await hub.sql`select pg_create_logical_replication_slot('bench', 'pgoutput')`;
  const [definition] = await hub.sql<{ columns: string }[]>`
    select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
      as columns
    from pg_attribute where attrelid = 'perigee.contacts'::regclass and attnum > 0`;
  await peer.sql.unsafe(`create schema perigee;
    create table perigee.contacts (${definition?.columns}, primary key (contact_id));
    create table public.marker (id bigint primary key)`);
  await peer.sql.unsafe(`create subscription bench connection
    'host=${url.hostname} port=${url.port} dbname=hub user=postgres password=${
    decodeURIComponent(url.password)
  }'
    publication bench with (create_slot = false, slot_name = 'bench', binary = true)`);
  await waitUntil(async () => {
    const [row] = await peer.sql<{ ready: boolean }[]>`
      select bool_and(srsubstate = 'r') as ready from pg_subscription_rel`;
    return row?.ready === true;
  });
  const state = { marker: 0 };
  return {
    pause: async () => {
      await peer.sql`alter subscription bench disable`;
      await waitUntil(async () => (await workers(world)) === 0);
    },
    resume: async () => void await peer.sql`alter subscription bench enable`,
    catchUp: async () => {
      state.marker += 1;
      await hub.sql`insert into marker values (${state.marker})`;
      await waitUntil(async () => {
        const [row] = await peer.sql<{ last: number }[]>`
          select coalesce(max(id), 0)::integer as last from marker`;
        return row?.last === state.marker;
      });
    },
    assertSame: async () => {
      const read = `select count(*)::text as rows,
        sum(hashtextextended(row(contact_id, email, last_name, last_clicked_date, total_sent)::text, 0))::text
          as hash from perigee.contacts`;
      const [[wanted], [found]] = await Promise.all([hub.sql.unsafe(read), peer.sql.unsafe(read)]);
      assert.deepEqual({ ...found }, { ...wanted });
    },
    close: async () => {
      await peer.sql.unsafe("alter subscription bench disable");
      await peer.sql.unsafe("alter subscription bench set (slot_name = none)");
      await peer.sql.unsafe("drop subscription bench");
      await peer.sql.unsafe("drop schema perigee cascade; drop table public.marker");
      await waitUntil(async () => (await workers(world)) === 0);
      await hub.sql`select pg_drop_replication_slot('bench')`;
      await hub.sql.unsafe("drop publication bench; drop table public.marker");
    },
  };
}

async function workers({ hub }: ExportWorld): Promise<number> {
  const [row] = await hub.sql<{ count: number }[]>`
    select count(*)::integer as count from pg_stat_activity
    where backend_type in ('walsender', 'logical replication apply worker')`;
  return row?.count ?? 0;
}

/** Polls every millisecond: without a pause it would take the processor from what it measures. */
export async function waitUntil(isTrue: () => Promise<boolean>): Promise<void> {
  while (!await isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}
