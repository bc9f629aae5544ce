/**
 * `npm run bench -- trigger [--members 100000] [--runs 9] [--json]`: a tick over members with rows
 * from one source, against the same events and deliveries written by one INSERT … SELECT in one
 * database. What both wrote is compared before a figure counts.
 */
import assert from "node:assert/strict";
import process from "node:process";
import type { Sql } from "postgres";
import { openShop, promoCodesTable, runTick, type Shop } from "../test/trigger/fixture.ts";
import { withScope } from "./event_scope.ts";
import { pairedRatio, printResult } from "./paired.ts";

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const members = option("members", 100_000);
const tick = "2026-09-02T06:00:00.000Z";
const segmentId = 170531841;

const fillPromoCodes = `
  insert into promo_codes
  select n, 'contact' || n || '@example.com', 'Contact ' || n,
    date '1960-01-01' + n % 15000, upper(substr(md5(n::text), 1, 12))
  from generate_series(1, ${members}) as n`;

await withScope(async (scope) => {
  const shop = await openShop(scope, `${promoCodesTable}; ${fillPromoCodes}; analyze`);
  const { sql } = shop.hub;
  await fillHub(sql);
  await writeBoth(shop);
  const result = await pairedRatio(
    `tick of ${members.toLocaleString("en")} members, time against one INSERT … SELECT`,
    2,
    () => runTick(shop, tick),
    () => writeInOneDatabase(sql),
    { area: "trigger", kind: "atMost", runs: option("runs", 9), prepare: () => empty(sql) },
  );
  printResult(result);
});

/** Members, and the customer's table once more inside the hub for the other way. */
async function fillHub(sql: Sql): Promise<void> {
  await sql.unsafe(`
    insert into perigee.contacts (email)
    select 'contact' || n || '@example.com' from generate_series(1, ${members}) as n;
    insert into perigee.segment_members (segment_id, contact_id, entered_at)
    select ${segmentId}, contact_id, now() from perigee.contacts;
    ${promoCodesTable}; ${fillPromoCodes}`);
  await sql.unsafe("analyze");
}

async function empty(sql: Sql): Promise<void> {
  await sql.unsafe(`truncate perigee.events, perigee.deliveries, perigee.trigger_ticks,
    perigee.trigger_chunks, perigee.changes_of_events`);
}

async function writeInOneDatabase(sql: Sql): Promise<void> {
  await sql.unsafe(`
    with found as (
      select lower(email) as key, json_agg(json_build_object('id', id::text, 'email', email,
          'name', name, 'birthday', to_char(birthday, 'YYYY-MM-DD"T00:00:00Z"'),
          'promo_code', promo_code) order by id) as rows
      from promo_codes group by 1
    ), made as (
      insert into perigee.events
        (event_type_key, key_value, contact_id, params_json, trigger_name, scheduled_at)
      select 'regularEventType-${segmentId}', contact.contact_id::text, contact.contact_id,
        jsonb_build_array(
          jsonb_build_object('name', 'ContactId', 'value', contact.contact_id::text),
          jsonb_build_object('name', 'EmailAddress', 'value', contact.email),
          jsonb_build_object('name', 'jsonParam', 'value',
            json_build_object('1043', coalesce(found.rows, '[]'))::text)),
        'birthday', '${tick}'
      from perigee.segment_members member
      join perigee.contacts contact on contact.contact_id = member.contact_id
      left join found on found.key = lower(contact.email)
      where member.segment_id = ${segmentId}
      returning event_id, contact_id
    )
    insert into perigee.deliveries (event_id, sink, contact_id)
    select event_id, 'receiver', contact_id from made`);
}

/** Runs both ways once and compares everything that they wrote but ids and times. */
async function writeBoth(shop: Shop): Promise<void> {
  const { sql } = shop.hub;
  await empty(sql);
  await runTick(shop, tick);
  const ours = await digest(sql);
  await empty(sql);
  await writeInOneDatabase(sql);
  assert.deepEqual(ours, await digest(sql));
}

async function digest(sql: Sql) {
  await sql.unsafe("analyze perigee.events, perigee.deliveries");
  const [row] = await sql`
    select count(*)::int as events, count(delivery.event_id)::int as deliveries,
      md5(string_agg(concat_ws('|', event.event_type_key, event.key_value, event.contact_id,
        params_json -> 0, params_json -> 1, (params_json -> 2 ->> 'value')::jsonb,
        trigger_name, scheduled_at, delivery.sink, delivery.contact_id), ','
        order by event.contact_id)) as content
    from perigee.events event
    left join perigee.deliveries delivery on delivery.event_id = event.event_id`;
  assert.equal(row?.["events"], members);
  return row;
}
