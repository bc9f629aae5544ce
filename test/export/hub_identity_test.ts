import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { startCluster } from "../../src/embedded/cluster.ts";
import type { PerigeeError } from "../../src/error.ts";
import { runExport } from "../../src/export/run_export.ts";
import { loadMigrations, migrate } from "../../src/hub/migrate.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { openPool } from "../../src/postgres/pool.ts";
import {
  openTestDatabase,
  openTestHub,
  type Scope,
  type TestDatabase,
  testTarget,
} from "../support/database.ts";
import { makeClusterFolder } from "../support/cluster_folder.ts";
import { joinExport, openExport } from "../support/export_fixture.ts";
import { lastFirst } from "../support/last_first.ts";
import { requireTestCluster } from "../support/test_cluster.ts";

const contacts = `insert into perigee.contacts (email)
  select 'c' || i || '@example.com' from generate_series(1, 50) as i`;

function reasons(observations: readonly Observation[]): string[] {
  return observations.flatMap((each) => each.kind === "resync_needed" ? [each.reason] : []);
}

/** A copy of a database, made as a restored dump is: same content, another database. */
async function cloneDatabase(scope: Scope, original: TestDatabase): Promise<TestDatabase> {
  const admin = openPool(testTarget(await requireTestCluster()), { max: 1 });
  const name = `${original.target.database}_restored`;
  await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = ${original.target.database}`;
  await admin.sql.unsafe(`create database ${name} template ${original.target.database}`);
  const target = { ...original.target, database: name };
  const pool = openPool(target, { max: 2 });
  scope.after(async () => {
    await pool.close(0);
    await admin.sql.unsafe(`drop database ${name} with (force)`);
    await admin.close(0);
  });
  return { url: "", target, sql: pool.sql };
}

test("a hub that was restored from a backup is noticed, said aloud, and merged in full", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(contacts);
  await run();
  const backup = await cloneDatabase(t, hub);
  await hub.sql.unsafe(`update perigee.contacts set first_name = 'lost' where contact_id = 1;
    insert into perigee.contacts (email) values ('lost@example.com')`);
  await run();
  await customer.sql`create view kept as select "contactId" from contacts`;
  const restored = joinExport(t, backup, customer, { datasets: ["contacts"] });
  const counts = await restored.run();
  assert.deepEqual([counts["written"], counts["deleted"]], [1, 1]);
  assert.deepEqual(reasons(restored.observations), ["the hub was restored into new tables"]);
  const [row] = await customer.sql<{ lost: number }[]>`
    select count(*)::integer as lost from contacts where "firstName" = 'lost' or email like 'lost%'`;
  assert.equal(row?.lost, 0);
  assert.equal((await restored.run())["datasets"], 0);
});

test("another hub is refused, and nothing of its rows is written", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(contacts);
  await run();
  const other = joinExport(t, await openTestHub(t), customer, { datasets: ["contacts"] });
  await other.hub.sql.unsafe(`update perigee.hub set hub_id = gen_random_uuid();
    insert into perigee.contacts (contact_id, email) values (1, 'other@example.com')`);
  await assert.rejects(other.run(), (error: PerigeeError) => error.code === "PG502");
  const rows = await customer.sql<{ email: string }[]>`
    select email from contacts where "contactId" = 1`;
  assert.deepEqual(rows.map(({ email }) => email), ["c1@example.com"]);
});

test("a truncated dataset is emptied at the customer's where deletes are propagated", async (t) => {
  const { hub, customer, run, observations } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(contacts);
  await run();
  await hub.sql.unsafe(`truncate perigee.contacts;
    insert into perigee.contacts (contact_id, email) values (7, 'c7@example.com')`);
  const counts = await run();
  assert.equal(counts["deleted"], 49);
  assert.deepEqual(reasons(observations), ["the dataset was truncated in the hub"]);
  const rows = await customer.sql<{ email: string }[]>`select email from contacts`;
  assert.deepEqual(rows.map(({ email }) => email), ["c7@example.com"]);
});

test("a customer's database that was restored to yesterday catches up by itself", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(contacts);
  await run();
  const yesterday = await cloneDatabase(t, customer);
  await hub.sql`update perigee.contacts set first_name = 'today' where contact_id <= 20`;
  await run();
  await hub.sql`delete from perigee.contacts where contact_id = 1`;
  const restored = joinExport(t, hub, yesterday, { datasets: ["contacts"] });
  const counts = await restored.run();
  assert.deepEqual([counts["read"], counts["written"], counts["deleted"]], [20, 19, 1]);
  assert.deepEqual(reasons(restored.observations), []);
});

test("a standby is refused as hub, and after its promotion everything is compared", async (t) => {
  const scope = lastFirst(t);
  const dataDir = await makeClusterFolder(scope);
  const binaries = await findEmbeddedBinaries();
  const customer = await openTestDatabase(t);

  const primary = await startCluster({ dataDir, binaries });
  const target = testTarget(primary.superuserUrl, "hub");
  const connection = await openConnection(target);
  await migrate(connection, await loadMigrations(new URL("../../migrations/", import.meta.url)));
  await connection.sql.unsafe(contacts);
  const [place] = await connection.sql<{ dir: string }[]>`
    select current_setting('data_directory') as dir`;
  const first = openHub(t, primary.superuserUrl, customer);
  await first.run();
  const context = await first.context();
  await connection.end();
  await primary.stop();

  await writeFile(path.join(place?.dir ?? "", "standby.signal"), "");
  const standby = await startCluster({ dataDir, binaries });
  scope.after(() => standby.stop());
  const second = openHub(t, standby.superuserUrl, customer);
  await assert.rejects(
    runExport(second.config, context, second.deps),
    (error: PerigeeError) => error.code === "PG501" && error.kind === "config",
  );

  const admin = await openConnection(testTarget(standby.superuserUrl, "hub"));
  await admin.sql`select pg_promote(true, 30)`;
  await admin.sql`update perigee.contacts set first_name = 'promoted' where contact_id = 1`;
  await admin.end();
  const counts = await second.run();
  assert.equal(counts["written"], 1);
  assert.deepEqual(reasons(second.observations), [
    "the hub was restored to a point in time or failed over",
  ]);
});

function openHub(scope: Scope, url: string, customer: TestDatabase) {
  const target = testTarget(url, "hub");
  const pool = openPool(target, { max: 2 });
  scope.after(() => pool.close(0));
  return joinExport(scope, { url, target, sql: pool.sql }, customer, { datasets: ["contacts"] });
}
