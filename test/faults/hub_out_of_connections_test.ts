import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { lastFirst } from "../support/last_first.ts";
import { startThrowawayCluster } from "../support/test_cluster.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  endSessions,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

const cluster = await startThrowawayCluster({ max_connections: "30" });
after(() => cluster.stop());

test("a server of hub and customer without a connection left is told, and work goes on when it has some", async (t) => {
  const scope = lastFirst(t);
  const world = await openFaultWorld(scope, cluster.superuserUrl);
  const { hub, shop } = world;
  const daemon = await startInWorld(scope, world, { parts });
  await waitForRoundTrip(world, "Before");
  const taken: Connection[] = [];
  scope.after(() => taken.forEach((connection) => connection.destroy()));
  await waitFor("the daemon without a session", async () => {
    await takeAll(taken);
    await endSessions(hub.sql);
    await endSessions(shop.sql);
    await takeAll(taken);
    return daemon.lines.some(({ kind, error }) =>
      kind === "fault" && (error as { code?: string }).code === "PG213"
    ) || undefined;
  }, deadlineMs);
  await Promise.all(taken.splice(0).map((connection) => connection.end()));
  await waitForRoundTrip(world, "Afterwards");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());

  /** Opens sessions until there are no more to be had. */
  async function takeAll(list: Connection[]): Promise<void> {
    for (;;) {
      try {
        list.push(await openConnection(hub.target));
      } catch (error) {
        if ((error as { sqlstate?: unknown }).sqlstate !== "53300") throw error;
        return;
      }
    }
  }
});
