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
 * Most that memory may grow, MB, while so many long rows are under way at once, each in the packets
 * that it came in and as one message of the driver's.
 */
const grownMb = (rows: number) => 2 * rows * valueMb + 100;

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
  // The import's row and the export's.
  assert.ok(grown < grownMb(2), `memory grew by ${grown} MB, wanted less than ${grownMb(2)}`);

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

/** A document of 200 MB at a contact, and in a visit, beside a value that exports cut. */
const jsonSql = `
create table visits (id integer primary key, kind text, params jsonb);
insert into visits values
  (1, 'short', '[{"name": "n", "value": 1.50}]'),
  (2, 'long', jsonb_build_array(
    jsonb_build_object('name', 'cart', 'value', jsonb_build_array(repeat('x', 10485760))),
    jsonb_build_object('name', 'visit', 'value', true, 'document', (
      select jsonb_agg(jsonb_build_object('n', n, 'text', repeat('abcdefgh', 131072)))
      from generate_series(1, ${valueMb}) as n))));
alter table customers add profile jsonb;
update customers set profile = jsonb_build_object('id', id);
update customers set profile = (select params #> '{1,document}' from visits where id = 2)
  where id = 3;
`;

const jsonParts = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email }
    fields: { profile: profile }
  visits:
    connector: shop
    table: visits
    dataset: events
    every: 1s
    mapping: { eventTypeKey: kind, paramsJson: params }
exports:
  shop: { connector: shop, every: 1s, on_change: true, datasets: [events] }
`;

/** Each row as what tells it from others and what says whether its jsonb is the same. */
function readDocuments(sql: Sql, name: string, value: string, table: string): Promise<string[]> {
  return readList(
    sql,
    `select concat_ws(' ', ${name}, octet_length(text), md5(text)) as row
     from (select ${name}, (${value})::text as text from ${table}) as t order by 1`,
  );
}

test("a jsonb of 200 MB is imported whole, and exported whole but for its parameters' values", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop } = world;
  await shop.sql.unsafe(jsonSql);
  const daemon = await startInWorld(t, world, { parts: jsonParts });
  await daemon.waitForLine("daemon_ready", undefined, deadlineMs);
  const before = await peakMb(daemon.pid);

  await waitFor("all rows in their places", async () => {
    assert.deepEqual(await readList(shop.sql, "select count(*)::text as row from events"), ["2"]);
    const contacts = "select count(*)::text as row from perigee.contacts";
    assert.deepEqual(await readList(hub.sql, contacts), ["60"]);
    return true;
  }, deadlineMs);
  const grown = (await peakMb(daemon.pid) ?? 0) - (before ?? 0);
  // Those of both imports and the export's.
  assert.ok(grown < grownMb(3), `memory grew by ${grown} MB, wanted less than ${grownMb(3)}`);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());

  const documented = `case kind when 'short' then params else jsonb_set(
    params, '{0,value}', to_jsonb(left(params #>> '{0,value}', 300))) end`;
  const inHub = [
    await readDocuments(hub.sql, "email", "fields -> 'profile'", "perigee.contacts"),
    await readDocuments(hub.sql, "event_type_key", "params_json", "perigee.events"),
  ];
  const exported = await readDocuments(shop.sql, '"eventTypeKey"', '"paramsJson"', "events");
  assert.deepEqual([...inHub, exported], [
    await readDocuments(shop.sql, "email", "profile", "customers"),
    await readDocuments(shop.sql, "kind", "params", "visits"),
    await readDocuments(shop.sql, "kind", documented, "visits"),
  ]);
});
