import assert from "node:assert/strict";
import { test } from "node:test";
import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { testTarget } from "../support/database.ts";
import { lastFirst } from "../support/last_first.ts";
import { openSmallTablespace } from "../support/mounted_disk.ts";
import { requireTestCluster } from "../support/test_cluster.ts";
import {
  openFaultWorld,
  startInWorld,
  waitForFailure,
  waitForRoundTrip,
  waitForRuns,
  withoutTriggers as parts,
} from "./fault_world.ts";

test("a hub whose disk is full says so, goes on with what needs no room, and loses nothing", async (t) => {
  const scope = lastFirst(t);
  const tablespace = await openSmallTablespace(scope, 40);
  if (tablespace === undefined) return t.skip("this process may not mount a small disk");
  const world = await openFaultWorld(scope);
  const { hub, shop } = world;
  const admin = await openConnection(testTarget(await requireTestCluster()));
  const database = quoteIdentifier(hub.target.database);
  await admin.sql.unsafe(`alter database ${database} set tablespace ${tablespace}`);
  await admin.end();
  const daemon = await startInWorld(scope, world, { parts });
  await waitForRoundTrip(world, "Before");
  await hub.sql`create table ballast (filler text)`;
  await fill(hub.sql.unsafe.bind(hub.sql));
  // More than fits into the room that is left in the pages that there are.
  await shop.sql`insert into customers
    select n, 'late' || n || '@example.com', repeat('x', 50) from generate_series(1000, 9000) as n`;
  const failure = await waitForFailure(daemon, "import/customers", "PG260");
  assert.match(failure.advice, /room|space|disk/i);
  const none = await hub.sql`select from perigee.contacts where email like 'late%'`;
  assert.equal(none.length, 0);
  await hub.sql`drop table ballast`;
  await waitForRuns(daemon, ["import/customers", "export/shop"]);
  await waitForRoundTrip(world, "Afterwards");
  const [late] = await shop.sql<{ rows: number }[]>`
    select count(*)::integer as rows from contacts join customers using (email)
    where email like 'late%' and "firstName" = name`;
  assert.equal(late?.rows, 8_001);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});

/** Fills the disk to the last pages. */
async function fill(run: (statement: string) => Promise<unknown>): Promise<void> {
  for (const rows of [4_000, 500, 50, 5]) {
    for (let isRoom = true; isRoom;) {
      isRoom = await run(`insert into ballast
        select repeat('x', 1000) from generate_series(1, ${rows})`).then(() => true, (error) => {
        if ((error as { code?: unknown }).code !== "53100") throw error;
        return false;
      });
    }
  }
}
