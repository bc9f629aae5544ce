import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { always, type Script } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, openFaultWorld, startInWorld } from "./fault_world.ts";

const parts = 'routes:\n  - { pattern: "order*", sinks: [hook] }\n';

/** The daemon is ended while a request has no answer yet, or right after its answer. */
const moments: Readonly<Record<string, (end: () => void) => Script>> = {
  "before an answer": (end) => () => {
    end();
    return { kind: "hold" };
  },
  "as it is answered": (end) => () => {
    end();
    return { kind: "status", status: 204 };
  },
};

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`deliveries of a daemon that got ${signal} arrive by the next one, under their ids and in order`, async (t) => {
    const world = await openFaultWorld(t);
    const { hub: { sql }, receiver } = world;
    await sql`insert into perigee.contacts (email)
      select 'c' || n || '@example.com' from generate_series(1, 10) as n`;
    for (const [moment, script] of Object.entries(moments)) {
      const daemon = await startInWorld(t, world, { parts });
      let isEnding = false;
      const end = () => {
        if (receiver.requests.length % 7 !== 5 || isEnding) return;
        isEnding = true;
        process.kill(daemon.pid, signal);
      };
      receiver.follow(script(end));
      await daemon.waitForLine("daemon_ready", undefined, deadlineMs);
      await sql`insert into perigee.events (event_type_key, contact_id, params_json)
        select 'order ' || n, contact_id, '[]' from perigee.contacts, generate_series(1, 3) as n
        order by n, contact_id`;
      await waitFor("the daemon's end", () => daemon.hasEnded() || undefined, deadlineMs);
      const code = await daemon.end(signal);
      assert.equal(code, signal === "SIGTERM" ? 0 : null, `${moment}: ${daemon.output()}`);
      receiver.follow(always(204));
    }
    const last = await startInWorld(t, world, { parts });
    await waitFor("every delivery", async () => {
      const left = await sql`select from perigee.deliveries where state <> 'delivered'`;
      return left.length === 0 || undefined;
    }, deadlineMs);
    assert.equal(await last.end("SIGTERM"), 0, last.output());

    const events = await sql<{ id: string; contact: string }[]>`
      select event_id::text as id, contact_id::text as contact from perigee.events
      order by contact_id, event_id`;
    assert.equal(events.length, 60);
    const contactOf = new Map(events.map(({ id, contact }) => [id, contact]));
    const arrived = [...new Set(receiver.requests.map(({ id }) => id.split("-").at(-1) ?? ""))];
    const inOrder = arrived.map((id, index) => ({ id, contact: contactOf.get(id) ?? "", index }))
      .sort((a, b) => Number(a.contact) - Number(b.contact) || a.index - b.index)
      .map(({ id }) => id);
    assert.deepEqual(inOrder, events.map(({ id }) => id));
  });
}
