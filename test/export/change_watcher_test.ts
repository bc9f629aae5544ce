import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "postgres";
import type { ExportConfig } from "../../src/config/model.ts";
import { startChangeWatcher } from "../../src/export/change_watcher.ts";
import { openListener } from "../../src/postgres/listen.ts";
import { openExport } from "../support/export_fixture.ts";
import type { Scope } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";

/** A watcher of one export per dataset list, with what it woke since the last `clear`. */
async function watch(scope: Scope, lists: Record<string, ExportConfig["datasets"]>) {
  const { hub, deps, config } = await openExport(scope);
  const woken: string[] = [];
  const watcher = startChangeWatcher({
    hub: deps.hub,
    exports: Object.entries(lists).map(([name, datasets]) => ({ ...config, name, datasets })),
    wake: (name) => woken.push(name),
    observe: () => undefined,
  });
  const listened = { count: 0 };
  const listener = openListener(deps.hubTarget, {
    channels: { perigee_changes: () => watcher.heard() },
    onListening: () => listened.count += 1,
    onDeaf: () => undefined,
  });
  scope.after(async () => {
    await listener.close();
    await watcher.close();
  });
  await waitFor("LISTEN", () => listened.count > 0 ? true : undefined);
  await waitFor("the first look", () => woken.length > 0 ? true : undefined);
  woken.length = 0;
  return { hub, woken };
}

test("a change wakes the exports that have its dataset, and no others", async (t) => {
  const { hub, woken } = await watch(t, {
    people: ["contacts"],
    shop: ["orders", "contacts"],
    sales: ["orders"],
  });
  await hub.sql`insert into perigee.contacts (email) values ('a@example.com')`;
  await waitFor("two wake-ups", () => woken.length >= 2 ? true : undefined);
  assert.deepEqual(woken.sort(), ["export/people", "export/shop"]);
});

test("a truncated dataset wakes its export", async (t) => {
  const { hub, woken } = await watch(t, { people: ["contacts"] });
  await hub.sql`truncate perigee.contacts`;
  await waitFor("a wake-up", () => woken.length > 0 ? true : undefined);
});

test("a change that follows another at once wakes its export without the poll", async (t) => {
  const { hub, woken } = await watch(t, { people: ["contacts"], sales: ["orders"] });
  for (let round = 0; round < 30; round += 1) {
    await hub.sql`insert into perigee.orders (status) values ('INITIALIZED')`;
    await hub.sql`insert into perigee.contacts (email) values (${`${round}@example.com`})`;
    const committedAt = performance.now();
    await waitFor("the second change", () => woken.includes("export/people") ? true : undefined);
    assert.ok(performance.now() - committedAt < 3_000, "it was found by the poll alone");
    woken.length = 0;
  }
});

test("a transaction that left the notifying to another is seen although it commits later", async (t) => {
  const { hub, woken } = await watch(t, { people: ["contacts"], sales: ["orders"] });
  const late = await hub.sql.reserve();
  await late`begin`;
  await late`set local perigee.notify = off`;
  await late`insert into perigee.contacts (email) values ('late@example.com')`;
  await hub.sql`insert into perigee.orders (status) values ('INITIALIZED')`;
  await waitFor("the first change", () => woken.includes("export/sales") ? true : undefined);
  assert.ok(!woken.includes("export/people"));
  await late`commit`;
  late.release();
  const committedAt = performance.now();
  await waitFor("the late change", () => woken.includes("export/people") ? true : undefined);
  assert.ok(performance.now() - committedAt < 3_000, "it was found by the poll alone");
});

/** Commits one small transaction after the other, from three sessions, until the condition holds. */
async function burstUntil(sql: Sql, what: string, holds: () => Promise<boolean>): Promise<void> {
  let isWriting = true;
  const write = async () => {
    while (isWriting) await sql`insert into perigee.contacts (first_name) values ('Burst')`;
  };
  const writers = Promise.all([write(), write(), write()]);
  try {
    await waitFor(what, async () => await holds() || undefined);
  } finally {
    isWriting = false;
    await writers;
  }
}

test("what a burst leaves unsaid is found, and so is what outlasts it", async (t) => {
  const { hub, woken } = await watch(t, { people: ["contacts"], sales: ["orders"] });
  const isQuiet = async () => {
    const [row] = await hub.sql`select from pg_locks
      where locktype = 'advisory' and mode = 'ExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())`;
    return row !== undefined;
  };
  const late = await hub.sql.reserve();
  let isInTime = false;
  while (!isInTime) {
    await late`rollback`;
    await burstUntil(hub.sql, "writers to be kept quiet", isQuiet);
    await late`begin`;
    await late`insert into perigee.orders (status) values ('INITIALIZED')`;
    isInTime = await isQuiet();
  }
  await waitFor("the end of the burst", async () => !await isQuiet() || undefined);
  assert.ok(!woken.includes("export/sales"));
  await late`commit`;
  late.release();
  const committedAt = performance.now();
  await waitFor("the late change", () => woken.includes("export/sales") || undefined);
  assert.ok(performance.now() - committedAt < 3_000, "it was found by the poll alone");
});
