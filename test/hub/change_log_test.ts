import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { Sql } from "postgres";
import { datasets } from "../../src/dataset/datasets.ts";
import { loadMigrations, migrate } from "../../src/hub/migrate.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { copyInto } from "../../src/postgres/copy_stream.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { openTestHub, testTarget } from "../support/database.ts";
import { openThreeContacts } from "../support/three_contacts.ts";
import { startThrowawayCluster } from "../support/test_cluster.ts";

/** The keys in the change log of contacts since the last call, in order. */
async function takeKeys(sql: Sql, table = "changes_of_contacts", key = "contact_id") {
  const rows = await sql.unsafe<{ key: string }[]>(
    `with taken as (delete from perigee.${table} returning ${key} as key)
     select key::text from taken order by taken.key`,
  );
  return rows.map((row) => row.key);
}

test("inserts, updates and deletes log each key once, with the transaction that made them", async (t) => {
  const { sql } = await openThreeContacts(t);
  assert.deepEqual(await takeKeys(sql), ["1", "2", "3"]);
  const own = await sql.begin(async (tx) => {
    await tx`update perigee.contacts set first_name = 'A' where contact_id < 3`;
    const [row] = await tx<{ own: boolean }[]>`
      select bool_and(xid = pg_current_xact_id()) as own from perigee.changes_of_contacts`;
    return row?.own;
  });
  assert.equal(own, true);
  assert.deepEqual(await takeKeys(sql), ["1", "2"]);
  await sql`delete from perigee.contacts where contact_id = 3`;
  assert.deepEqual(await takeKeys(sql), ["3"]);
});

test("what is rolled back or touches no row leaves nothing in the log", async (t) => {
  const { sql } = await openThreeContacts(t);
  await takeKeys(sql);
  await sql`update perigee.contacts set first_name = 'A' where contact_id = 99`;
  await sql.begin(async (tx) => {
    await tx.savepoint(async (inner) => {
      await inner`update perigee.contacts set first_name = 'A' where contact_id = 1`;
      throw new Error("back");
    }).catch(() => undefined);
  });
  assert.deepEqual(await takeKeys(sql), []);
});

test("a key that changes logs the old one and the new one", async (t) => {
  const { sql } = await openThreeContacts(t);
  await takeKeys(sql);
  await sql`update perigee.contacts set contact_id = contact_id + 10 where contact_id > 1`;
  assert.deepEqual([...new Set(await takeKeys(sql))], ["2", "3", "12", "13"]);
});

test("an upsert logs what it inserted and what it updated", async (t) => {
  const { sql } = await openThreeContacts(t);
  await takeKeys(sql);
  await sql`
    insert into perigee.contacts (contact_id, email) values (1, 'c1@example.com'), (4, 'c4@example.com')
    on conflict (contact_id) do update set first_name = 'A'`;
  assert.deepEqual(await takeKeys(sql), ["1", "4"]);
  await sql`
    insert into perigee.contacts (contact_id, email) values (1, 'c1@example.com')
    on conflict do nothing`;
  assert.deepEqual(await takeKeys(sql), []);
});

test("merge logs what it inserted, updated and deleted", async (t) => {
  const { sql } = await openThreeContacts(t);
  const [server] =
    await sql`select current_setting('server_version_num')::integer >= 150000 as "canMerge"`;
  if (server?.["canMerge"] !== true) return t.skip("this PostgreSQL has no MERGE");
  await takeKeys(sql);
  await sql`
    merge into perigee.contacts as c
    using (values (1, 'A'), (2, null), (5, 'E')) as s (id, name) on c.contact_id = s.id
    when matched and s.name is null then delete
    when matched then update set first_name = s.name
    when not matched then insert (contact_id, first_name) values (s.id, s.name)`;
  assert.deepEqual(await takeKeys(sql), ["1", "2", "5"]);
});

test("copy logs every row, in one statement", async (t) => {
  const hub = await openThreeContacts(t);
  await takeKeys(hub.sql);
  const connection = await openConnection(hub.target);
  t.after(() => connection.destroy());
  async function* rows() {
    await Promise.resolve();
    yield new TextEncoder().encode("7\n8\n9\n");
  }
  const write = "copy perigee.contacts (contact_id) from stdin";
  await copyInto({ chunks: rows(), to: connection, write });
  assert.deepEqual(await takeKeys(hub.sql), ["7", "8", "9"]);
});

test("a session that plays the replica is logged too", async (t) => {
  const { sql } = await openThreeContacts(t);
  await takeKeys(sql);
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update perigee.contacts set first_name = 'A' where contact_id = 1`;
    await tx`update perigee.contacts set contact_id = 20 where contact_id = 2`;
    await tx`delete from perigee.contacts where contact_id = 3`;
  });
  assert.deepEqual(await takeKeys(sql), ["1", "2", "3", "20"]);
});

test("truncate moves the dataset's epoch and no other", async (t) => {
  const { sql } = await openThreeContacts(t);
  await sql`truncate perigee.contacts`;
  const moved = await sql<{ dataset: string }[]>`
    select dataset from perigee.dataset_epochs where epoch > 1`;
  assert.deepEqual(moved.map(({ dataset }) => dataset), ["contacts"]);
});

test("every dataset has a log of its own key, filled by all three kinds of change", async (t) => {
  const { sql } = await openTestHub(t);
  for (const { hubTable, changesTable, key } of datasets.values()) {
    const columns = key.map(({ hubColumn }) => hubColumn);
    const first = columns.map((column) => column === "device_id" ? "'d1'" : "1").join(", ");
    const event = hubTable === "events" ? [", event_type_key", ", 'x'"] : ["", ""];
    await sql.unsafe(
      `insert into perigee.${hubTable} (${columns.join(", ")}${event[0]}) values (${first}${
        event[1]
      });
       update perigee.${hubTable} set ${columns[0]} = 2;
       delete from perigee.${hubTable}`,
    ).simple();
    const keys = await takeKeys(sql, changesTable, columns[0]);
    assert.deepEqual([...keys].sort(), ["1", "1", "2", "2"], hubTable);
  }
});

test("who may write a dataset needs no right on its log", async (t) => {
  const hub = await openThreeContacts(t);
  await takeKeys(hub.sql);
  await asWriter(t, hub, async (sql) => {
    await sql`update perigee.contacts set first_name = 'A' where contact_id = 1`;
    await assert.rejects(sql`select xid from perigee.changes_of_contacts`, { code: "42501" });
    await assert.rejects(
      sql`create temporary table mine (contact_id bigint)`.then(() =>
        sql`create trigger steal after insert on mine referencing new table as changed
          for each statement execute function perigee.log_contacts()`
      ),
      { code: "42501" },
    );
  });
  assert.deepEqual(await takeKeys(hub.sql), ["1"]);
});

test("a writer's own functions, operators and tables are never run with the owner's rights", async (t) => {
  const hub = await openThreeContacts(t);
  await hub.sql`create schema hostile`;
  await hub.sql`grant create, usage on schema hostile to public`;
  await asWriter(t, hub, async (sql) => {
    const names = [
      "texteq(text, text) returns boolean",
      "current_setting(text, boolean) returns text",
      "pg_notify(text, text) returns void",
      "pg_current_xact_id() returns xid8",
      "clock_timestamp() returns timestamptz",
    ];
    for (const name of names) {
      await sql.unsafe(`create function hostile.${name} language plpgsql
        as $$ begin raise exception 'run as %', current_user; end $$`);
    }
    await sql.unsafe(`create function hostile.same(text, text) returns boolean language plpgsql
        as $$ begin raise exception 'run as %', current_user; end $$;
      create operator hostile.= (leftarg = text, rightarg = text, function = hostile.same);
      create table hostile.changed (contact_id bigint);
      set search_path = hostile, pg_catalog, perigee`).simple();
    await assert.rejects(sql`select pg_notify('a', 'b')`, { message: /^run as/ });
    await sql`update perigee.contacts set first_name = 'A' where contact_id = 1`;
    await sql`update perigee.contacts set contact_id = 9 where contact_id = 2`;
  });
});

async function asWriter(
  t: TestContext,
  hub: Awaited<ReturnType<typeof openTestHub>>,
  work: (sql: Sql) => Promise<void>,
): Promise<void> {
  const name = `${hub.target.database}_writer`;
  const role = quoteIdentifier(name);
  await hub.sql.unsafe(`create role ${role} login password 'writer';
    grant usage on schema perigee to ${role};
    grant select, insert, update, delete on perigee.contacts to ${role}`).simple();
  const connection = await openConnection({ ...hub.target, username: name, password: "writer" });
  t.after(() => connection.destroy());
  try {
    await work(connection.sql);
  } finally {
    await connection.end();
    await hub.sql.unsafe(`drop owned by ${role} cascade; drop role ${role}`).simple();
  }
}

test("a transaction may be prepared when it leaves the NOTIFY out, and is logged all the same", async (t) => {
  const cluster = await startThrowawayCluster({ max_prepared_transactions: "2" });
  t.after(() => cluster.stop());
  const connection = await openConnection(testTarget(cluster.superuserUrl));
  t.after(() => connection.destroy());
  const { sql } = connection;
  await migrate(connection, await loadMigrations(new URL("../../migrations/", import.meta.url)));
  const prepare = async (more: string) => {
    await sql.unsafe(`begin; ${more}; insert into perigee.messages (name) values ('two phases');
      prepare transaction 'one'`).simple();
    await sql.unsafe("commit prepared 'one'");
  };
  await assert.rejects(prepare("select 1"), { code: "0A000" });
  await sql.unsafe("rollback");
  await prepare("set local perigee.notify = off");
  assert.equal((await takeKeys(sql, "changes_of_messages", "message_id")).length, 1);
});
