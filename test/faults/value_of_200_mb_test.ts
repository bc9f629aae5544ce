import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { test } from "node:test";
import type { Sql } from "postgres";
import { waitFor } from "../support/wait.ts";
import { deadlineMs, luckyOnce, openFaultWorld, startInWorld } from "./fault_world.ts";

const valueMb = 200;
const longValue = `repeat('abcdefgh', ${valueMb * 1_048_576 / 8})`;

/**
 * Most that memory may grow, MB: the import's row and the export's may be under way at once, each in
 * the packets that it came in and as one message of the driver's.
 */
const grownMb = 4 * valueMb + 100;

const parts = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email, firstName: name }
    fields: { notes: notes }
${luckyOnce}exports:
  shop: { connector: shop, every: 1s, on_change: true, long_values: widen }
`;

/** The most memory that a process ever had, MB; undefined where the system does not tell. */
async function peakMb(pid: number): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

async function readList(sql: Sql, statement: string): Promise<string[]> {
  return (await sql.unsafe<{ row: string }[]>(statement)).map(({ row }) => row);
}

/** Each row as its address and what says whether its long value is the same. */
function readRows(sql: Sql, value: string, table: string): Promise<string[]> {
  return readList(
    sql,
    `select concat_ws(' ', email, length(${value}), md5(${value})) as row from ${table} order by 1`,
  );
}

test("a value of 200 MB is imported and exported whole, left out of events, and stops nothing else", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop, receiver } = world;
  await shop.sql.unsafe(`alter table customers add notes text;
    update customers set notes = ${longValue} where id = 3;
    update codes set code = ${longValue} where id = 4`);
  await hub.sql.unsafe(`insert into perigee.contacts (email, first_name)
    values ('long@example.com', ${longValue}), ('short@example.com', 'Short')`);
  const daemon = await startInWorld(t, world, { parts });
  await daemon.waitForLine("daemon_ready", undefined, deadlineMs);
  const before = await peakMb(daemon.pid);

  const all = ["62"];
  await waitFor("all rows in their places", async () => {
    const count = "select count(*)::text as row from";
    assert.deepEqual(await readList(hub.sql, `${count} perigee.contacts`), all);
    assert.deepEqual(await readList(shop.sql, `${count} contacts`), all);
    return true;
  }, deadlineMs);
  assert.deepEqual(
    await readRows(hub.sql, "fields ->> 'notes'", "perigee.contacts where email like 'c%'"),
    await readRows(shop.sql, "notes", "customers"),
  );
  assert.deepEqual(
    await readRows(shop.sql, '"firstName"', "contacts"),
    await readRows(hub.sql, "first_name", "perigee.contacts"),
  );
  const grown = (await peakMb(daemon.pid) ?? 0) - (before ?? 0);
  assert.ok(grown < grownMb, `memory grew by ${grown} MB, wanted less than ${grownMb}`);

  await waitFor("thirty events", () => receiver.requests.length >= 30 || undefined, deadlineMs);
  const codes = receiver.requests.map(({ body }) => {
    const { params } = JSON.parse(body) as { params: { name: string; value: string }[] };
    const rows = JSON.parse(params.find(({ name }) => name === "jsonParam")?.value ?? "{}") as {
      1044: { id: string; code: string | null }[];
    };
    return rows[1044].map(({ id, code }) => `${id} ${code}`).join();
  });
  const wanted = Array.from({ length: 30 }, (_, index) => 2 * index + 2)
    .map((id) => `${id} ${id === 4 ? null : `CODE-${id}`}`);
  assert.deepEqual([...new Set(codes)].sort(), wanted.sort());
  const told = daemon.lines.find(({ kind, name, counts }) =>
    kind === "run_finished" && name === "trigger/lucky" &&
    (counts as Record<string, number>)["values_too_long"] === 1
  );
  assert.ok(told !== undefined, daemon.output());
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
