import assert from "node:assert/strict";
import { test } from "node:test";
import { openConnection } from "../../src/postgres/connection.ts";
import {
  endSessions,
  openFaultWorld,
  setReadOnly,
  startInWorld,
  waitForFailure,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

for (const which of ["hub", "shop"] as const) {
  test(`a ${which} that takes no writes for a while is told, and sessions from that time are not kept`, async (t) => {
    const world = await openFaultWorld(t);
    const database = world[which];
    const daemon = await startInWorld(t, world, { parts });
    await waitForRoundTrip(world, "Before");
    await setReadOnly(database.target, "on");
    await endSessions(database.sql);
    if (which === "hub") {
      await daemon.waitForLine(
        "fault",
        ({ error }) => (error as { code: string }).code === "PG221",
      );
    } else {
      await world.hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
      const failure = await waitForFailure(daemon, "export/shop", "PG221");
      assert.match(failure.advice, /primary/);
    }
    await setReadOnly(database.target, "off");
    const writable = await openConnection(world.shop.target);
    t.after(() => writable.end());
    await waitForRoundTrip({ ...world, shop: { ...world.shop, sql: writable.sql } }, "Afterwards");
    assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  });
}
