import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../src/postgres/identifier.ts";
import { runAsAdmin } from "../support/checked_shop.ts";
import { assertEqualContent } from "../support/export_content.ts";
import { lastFirst } from "../support/last_first.ts";
import { type Scope, testTarget } from "../support/database.ts";
import { requireTestCluster } from "../support/test_cluster.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRuns,
} from "./fault_world.ts";

/** A disk of 24 MB that belongs to the server's user, or undefined where this process may not mount one. */
async function mountSmallDisk(scope: Scope): Promise<string | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-disk-"));
  scope.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const disk = path.join(folder, "disk");
  await mkdir(disk);
  const words = ["-t", "tmpfs", "-o", "size=24m,mode=0777", "tmpfs", disk];
  if (spawnSync("mount", words).status !== 0) return undefined;
  scope.after(() => void spawnSync("umount", ["--lazy", disk]));
  const data = path.join(disk, "data");
  await mkdir(data);
  const server = await openConnection(testTarget(await requireTestCluster()));
  const [row] = await server.sql<{ folder: string }[]>`
    select current_setting('data_directory') as folder`;
  await server.end();
  const { uid, gid } = await stat(row?.folder ?? "");
  await chown(data, uid, gid);
  return data;
}

test("a customer's full disk stops what does not fit, in words, and work goes on when there is room", async (t) => {
  const scope = lastFirst(t);
  const disk = await mountSmallDisk(scope);
  if (disk === undefined) return t.skip("this process may not mount a small disk");
  const tablespace = quoteIdentifier(`small_${path.basename(path.dirname(path.dirname(disk)))}`);
  scope.after(() => runAsAdmin(`drop tablespace ${tablespace}`));
  const world = await openFaultWorld(scope);
  const { hub, shop } = world;
  await runAsAdmin(`create tablespace ${tablespace} location ${quoteLiteral(disk)}`);
  await shop.sql.unsafe(`create schema small;
    create table small.ballast tablespace ${tablespace} as
      select n, repeat('x', 1000) as filler from generate_series(1, 12000) as n;
    alter role current_user in database ${quoteIdentifier(shop.target.database)}
      set default_tablespace = ${tablespace}`);
  await hub.sql`insert into perigee.contacts (email, first_name, last_name)
    select 'c' || n || '@example.com', repeat('x', 50), repeat('y', 50)
    from generate_series(1, 80000) as n`;
  await hub.sql`insert into perigee.orders (external_order_id) values ('small')`;
  const parts = "exports:\n  shop: { connector: shop, every: 1s }\n";
  const daemon = await startInWorld(scope, world, { parts });
  const failure = await waitForFailure(daemon, "export/shop", "PG510");
  assert.match(failure.message, /contacts/);
  const stopped = await daemon.waitForLine(
    "dataset_stopped",
    ({ error }) => (error as { code: string }).code === "PG260",
    deadlineMs,
  );
  assert.equal(stopped["dataset"], "contacts");
  const orders = await shop.sql`select "externalOrderId" as id from orders`;
  assert.deepEqual([...orders], [{ id: "small" }]);
  await shop.sql`drop table small.ballast`;
  await waitForRuns(daemon, ["export/shop"]);
  await waitFor("the tables to equal the hub", async () => {
    await assertEqualContent(hub.sql, shop.sql, "with room");
    return true;
  }, deadlineMs);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
