import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "postgres";
import type { DaemonProcess } from "../support/daemon_process.ts";
import { assertEqualContent } from "../support/export_content.ts";
import { openProxy, type Proxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";
import {
  closeGate,
  countWaiting,
  deadlineMs,
  expireLeases,
  type Gate,
  openFaultWorld,
  startInWorld,
  through,
} from "./fault_world.ts";

const parts = "exports:\n  shop: { connector: shop, every: 1s, on_change: true }\n";

/**
 * Holds an export at the first row that it writes, and at its COMMIT, which the server has by then;
 * and notes each version of each row that was committed.
 */
const holdSql = `
  create table seen (contact_id bigint, version integer);
  create function hold() returns trigger language plpgsql as $$
  begin
    perform public.wait_for_gate(4);
    return new;
  end $$;
  create function note() returns trigger language plpgsql as $$
  begin
    perform public.wait_for_gate(5);
    insert into public.seen values (new."contactId", new."totalSent");
    return null;
  end $$;
  create trigger hold before update on contacts for each row execute function hold();
  create constraint trigger note after update on contacts deferrable initially deferred
    for each row execute function note()`;

interface Loss {
  readonly gate: Gate;
  readonly what: string;
  lose(place: { sql: Sql; proxy: Proxy; daemon: DaemonProcess }): Promise<unknown>;
}

const waiting =
  "from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";

const losses: readonly Loss[] = [{
  gate: "contacts",
  what: "ended while rows are merged",
  lose: ({ sql }) => sql.unsafe(`select pg_terminate_backend(pid) ${waiting}`),
}, {
  gate: "contacts",
  what: "cancelled while rows are merged",
  lose: ({ sql }) => sql.unsafe(`select pg_cancel_backend(pid) ${waiting}`),
}, {
  gate: "commit",
  what: "ended in its COMMIT",
  lose: ({ sql }) => sql.unsafe(`select pg_terminate_backend(pid) ${waiting}`),
}, {
  gate: "commit",
  what: "committed, with the answer lost on the way",
  lose: ({ proxy }) => Promise.resolve(proxy.cut()),
}, {
  gate: "commit",
  what: "committed for a daemon that was killed before it heard so",
  lose: ({ daemon }) => daemon.end("SIGKILL"),
}];

test("an export whose session is lost while it writes or commits is applied once, as a whole", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await hub.sql`insert into perigee.contacts (email)
    select 'c' || n || '@example.com' from generate_series(1, 60) as n`;
  const proxy = await openProxy(shop.target);
  t.after(() => proxy.close());
  const start = () => startInWorld(t, world, { shop: through(proxy, shop), parts });
  const inStep = (what: string) =>
    waitFor(`the tables to equal the hub: ${what}`, async () => {
      await assertEqualContent(hub.sql, shop.sql, what);
      return true;
    }, deadlineMs);
  let daemon = await start();
  await inStep("at first");
  await shop.sql.unsafe(holdSql);
  for (const { gate, what, lose } of losses) {
    const closed = await closeGate(t, world, gate);
    await hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
    await waitFor("the export at the gate", async () => {
      return await countWaiting(shop.sql) === 1 || undefined;
    }, deadlineMs);
    await lose({ sql: shop.sql, proxy, daemon });
    if (daemon.hasEnded()) {
      await expireLeases(hub.sql);
      daemon = await start();
    }
    await closed.open();
    await inStep(what);
  }
  await hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
  await inStep("at last");
  const seen = await shop.sql<{ versions: string; contacts: number }[]>`
    select versions, count(*)::integer as contacts from (
      select string_agg(version::text, ',' order by version) as versions
      from seen group by contact_id) as each group by versions`;
  assert.deepEqual([...seen], [{
    versions: Array.from({ length: losses.length + 1 }, (_, index) => index + 1).join(),
    contacts: 60,
  }]);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
