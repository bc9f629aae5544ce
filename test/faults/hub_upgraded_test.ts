import assert from "node:assert/strict";
import { access, copyFile, readFile, realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import type { Sql } from "postgres";
import { datasets } from "../../src/dataset/datasets.ts";
import { type Binaries, findSystemBinaries } from "../../src/embedded/binaries.ts";
import { startCluster } from "../../src/embedded/cluster.ts";
import { runProgram } from "../../src/embedded/program.ts";
import { clusterFiles } from "../../src/embedded/server_control.ts";
import { findServerUser } from "../../src/embedded/system_user.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { makeClusterFolder } from "../support/cluster_folder.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { assertEqualContent } from "../support/export_content.ts";
import { joinExport } from "../support/export_fixture.ts";
import { lastFirst } from "../support/last_first.ts";

/** The first version whose pg_upgrade keeps the oids of databases, so that only the server differs. */
const firstMajor = 15;

/** A server of this machine that comes with pg_upgrade; the embedded one has no more than initdb. */
async function findUpgradable(): Promise<Binaries | undefined> {
  for (const binaries of await findSystemBinaries()) {
    const program = path.join(binaries.binDir, "pg_upgrade");
    const isThere = await access(program).then(() => true, () => false);
    if (isThere && binaries.major >= firstMajor) return binaries;
  }
  return undefined;
}

const binaries = await findUpgradable();
const skip = binaries === undefined && `no PostgreSQL ${firstMajor} or later with pg_upgrade here`;

/** Takes what is in one stopped cluster over into another, new one, as an administrator does. */
async function upgrade({ binDir }: Binaries, before: string, after: string): Promise<void> {
  const [from, to] = [clusterFiles(await realpath(before)), clusterFiles(await realpath(after))];
  for (const { pgdata } of [from, to]) {
    // pg_upgrade logs in over a socket of its own, in a folder that nobody else may enter.
    const rules = path.join(pgdata, "pg_hba.conf");
    await writeFile(rules, `local all all trust\n${await readFile(rules, "utf8")}`);
  }
  const given = ["--username=postgres", `--old-bindir=${binDir}`, `--new-bindir=${binDir}`];
  const folders = [`--old-datadir=${from.pgdata}`, `--new-datadir=${to.pgdata}`];
  // It refuses to be root, and a folder to work in that it may not write to.
  const script = 'cd "$0" && exec "$@"';
  const program = path.join(binDir, "pg_upgrade");
  const words = ["-c", script, path.dirname(to.pgdata), program, ...given, ...folders];
  const { exitCode, stdout, stderr } = await runProgram("sh", words, await findServerUser());
  assert.equal(exitCode, 0, `${stdout}${stderr}`);
  // The roles came along with their passwords.
  await copyFile(from.password, to.password);
}

/** What a cursor knows a hub by, its server apart from the rest. */
async function readIdentity(sql: Sql): Promise<{ server: string; rest: unknown }> {
  const [row] = await sql<{ server: string; rest: unknown }[]>`
    select system_identifier::text as server, json_build_array(
      (select timeline_id from pg_control_checkpoint()),
      (select oid from pg_database where datname = current_database()),
      (select json_agg(oid order by oid) from pg_class
        where relnamespace = 'perigee'::regnamespace),
      (select hub_id from perigee.hub)) as rest
    from pg_control_system()`;
  return row ?? { server: "", rest: undefined };
}

const someOfEach = `
insert into perigee.contacts (email, first_name, fields, created_date)
  select 'c' || i || '@example.com', 'Name ' || i, jsonb_build_object('level', i),
    timestamptz '2021-10-08 11:11:02.123456+03' from generate_series(1, 500) as i;
insert into perigee.orders (external_order_id, total_cost, status, order_date)
  select 'o' || i, i * 1.5, 'DELIVERED', '2022-01-01 00:00:00+00' from generate_series(1, 20) as i;
insert into perigee.order_items (order_id, name, cost)
  select i % 20 + 1, 'Item ' || i, 2.50 from generate_series(1, 40) as i;
insert into perigee.devices (application_id, device_id, contact_id) values (1, 'a', 1), (1, 'b', 2);
insert into perigee.events (event_type_key, contact_id, params_json)
  values ('birthday', 1, '[{"name": "ContactId", "value": "1"}]');
insert into perigee.broadcasts (name) values ('Spring');
insert into perigee.messages (name) values ('Hello');
insert into perigee.contact_activities (contact_id) values (1);
insert into perigee.revenue (total_cost) values (10);
`;

/** Inserts, updates, deletes and an order with its item, which tell of `name`. */
const change = (name: string, from: number) => `
update perigee.contacts set first_name = '${name}' where contact_id between ${from} and ${from + 4};
delete from perigee.contacts where contact_id = ${from + 5};
insert into perigee.contacts (contact_id, email) values (${from + 5_000}, '${name}@example.com');
with made as (insert into perigee.orders (external_order_id, total_cost)
  values ('${name}', 'NaN') returning order_id)
insert into perigee.order_items (order_id, name) select order_id, '${name}' from made;
update perigee.events set params_json = '[{"name": "n", "value": "${name}"}]';
`;

/** A column with values, a view, an index, rights, a table that refers, a trigger that notes. */
const customersOwn = `
alter table contacts add column note text;
update contacts set note = 'note ' || "contactId" where "contactId" % 2 = 1;
create view noted as select "contactId" as id, note from contacts where note is not null;
create index mine on contacts (note);
grant select on contacts to pg_monitor;
create table calls (contact bigint references contacts);
insert into calls select "contactId" from contacts where "contactId" > 400;
create table written (what text, id bigint);
create function note_write() returns trigger language plpgsql as $$ begin
  insert into public.written values (tg_op, coalesce(new."contactId", old."contactId")); return null;
end $$;
create trigger note_write after insert or update or delete on contacts
  for each row execute function note_write();
`;

/** The customer's own objects, and what is in them. */
async function readOwn(sql: Sql): Promise<unknown> {
  const [row] = await sql<{ own: unknown }[]>`select json_build_array(
    'contacts'::regclass::oid, 'noted'::regclass::oid, 'mine'::regclass::oid,
    has_table_privilege('pg_monitor', 'contacts', 'select'),
    (select json_agg(noted order by id) from noted),
    (select json_agg(contact order by contact) from calls),
    (select json_agg(conname) from pg_constraint where confrelid = 'contacts'::regclass)) as own`;
  return row?.own;
}

/** The contacts that were written since the last call, as the customer's trigger saw it. */
async function takeWritten(sql: Sql): Promise<string[]> {
  const rows = await sql<{ each: string }[]>`
    with taken as (delete from written returning what || ' ' || id as each)
    select each from taken order by each`;
  return rows.map(({ each }) => each);
}

/** What `change` from that contact on has the export write. */
const writesOf = (from: number) => [
  ...[0, 1, 2, 3, 4].map((step) => `UPDATE ${from + step}`),
  `DELETE ${from + 5}`,
  `INSERT ${from + 5_000}`,
];

/** The datasets that were said to need a comparison since the last call, each with the reason. */
function takeReasons(observations: Observation[]): string[] {
  return observations.splice(0).flatMap((each) =>
    each.kind === "resync_needed" ? [`${each.dataset}: ${each.reason}`] : []
  ).sort();
}

test("a hub that pg_upgrade took to another server is compared in full, merged, then followed", {
  skip,
}, async (t) => {
  if (binaries === undefined) return;
  const scope = lastFirst(t);
  const [dataDir, upgradedDir] = [await makeClusterFolder(scope), await makeClusterFolder(scope)];
  await (await startCluster({ dataDir: upgradedDir, binaries })).stop();
  const old = await startCluster({ dataDir, binaries });
  const started = [old];
  scope.after(async () => {
    for (const cluster of started) await cluster.stop();
  });
  const hub = await openTestHub(scope, old.superuserUrl);
  const customer = await openTestDatabase(scope);
  const { run, observations } = joinExport(scope, hub, customer);
  await hub.sql.unsafe(someOfEach);
  await run();
  await customer.sql.unsafe(customersOwn);
  const [own, identity] = [await readOwn(customer.sql), await readIdentity(hub.sql)];
  takeReasons(observations);

  await hub.sql.unsafe(change("before", 1));
  // Only a comparison of everything finds what nobody changed in the hub.
  await customer.sql`update contacts set "lastName" = 'of the customer' where "contactId" = 300`;
  assert.deepEqual(await takeWritten(customer.sql), ["UPDATE 300"]);
  await old.stop();
  await upgrade(binaries, dataDir, upgradedDir);
  started.push(await startCluster({ dataDir: upgradedDir, binaries, port: old.port }));
  const upgraded = await readIdentity(hub.sql);
  assert.notEqual(upgraded.server, identity.server);
  assert.deepEqual(upgraded.rest, identity.rest);
  await hub.sql.unsafe(change("after", 101));

  await run();
  const reason = "the hub is on another server than before (restored, moved or upgraded)";
  assert.deepEqual(
    takeReasons(observations),
    [...datasets.keys()].map((dataset) => `${dataset}: ${reason}`).sort(),
  );
  await assertEqualContent(hub.sql, customer.sql, "after the upgrade");
  assert.deepEqual(
    await takeWritten(customer.sql),
    ["UPDATE 300", ...writesOf(1), ...writesOf(101)].sort(),
  );
  assert.deepEqual(await readOwn(customer.sql), own);

  await hub.sql.unsafe(change("window", 201));
  const counts = await run();
  assert.deepEqual(takeReasons(observations), []);
  await assertEqualContent(hub.sql, customer.sql, "the window after it");
  assert.deepEqual(await takeWritten(customer.sql), writesOf(201).sort());
  assert.deepEqual([counts["read"], counts["written"], counts["deleted"]], [10, 9, 1]);
  assert.equal((await run())["datasets"], 0);
});
