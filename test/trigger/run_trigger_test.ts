import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { runTrigger } from "../../src/trigger/run_trigger.ts";
import { addMembers, birthdayTrigger, makeContext, openShop, runTick } from "./fixture.ts";

const shop = await openShop({ after });

beforeEach(async () => {
  await shop.shop`truncate promo_codes`;
  await shop.hub.sql.unsafe(`truncate perigee.contacts, perigee.segment_members, perigee.events,
    perigee.deliveries, perigee.triggers, perigee.trigger_ticks, perigee.trigger_chunks,
    perigee.trigger_contacts`);
});

interface EventRow {
  readonly type: string;
  readonly key: string;
  readonly contactId: string;
  readonly params: { name: string; value: string }[];
  readonly sinks: string[];
}

async function readEvents(): Promise<EventRow[]> {
  const rows = await shop.hub.sql<(Omit<EventRow, "params"> & { params: string })[]>`
    select event_type_key as type, key_value as key, contact_id::text as "contactId",
      params_json::text as params,
      (select coalesce(json_agg(sink order by sink), '[]') from perigee.deliveries delivery
       where delivery.event_id = event.event_id) as sinks
    from perigee.events event order by scheduled_at, contact_id`;
  return rows.map((row) => ({ ...row, params: JSON.parse(row.params) }));
}

test("the event of the reference page has its type, key and parameters, and a delivery per sink", async () => {
  const [contactId = ""] = await addMembers(shop.hub.sql, ["kozak@example.com"]);
  await shop.shop`insert into promo_codes values
    (2, 'kozak@example.com', 'Dina Kozak', '2020-09-02', 'AAAA-BBBB-DDDD')`;
  const counts = await runTick(shop, "2026-09-02T06:00:00Z", { sinks: ["crm", "receiver"] });
  const [event] = await readEvents();
  assert.deepEqual(event, {
    type: "regularEventType-170531841",
    key: contactId,
    contactId,
    params: [
      { name: "ContactId", value: contactId },
      { name: "EmailAddress", value: "kozak@example.com" },
      {
        name: "jsonParam",
        value: '{"1043":[{"id":"2","email":"kozak@example.com","name":"Dina Kozak",' +
          '"birthday":"2020-09-02T00:00:00Z","promo_code":"AAAA-BBBB-DDDD"}]}',
      },
    ],
    sinks: ["crm", "receiver"],
  });
  assert.deepEqual(counts, {
    members: 1,
    skipped_repeat: 0,
    events: 1,
    deliveries: 2,
    rows: 1,
    rows_left_out: 0,
    values_too_long: 0,
    skipped_empty: 0,
    skipped_gone: 0,
  });
});

test("a tick that runs again changes nothing and answers the same counts", async () => {
  await addMembers(shop.hub.sql, ["a@example.com", "b@example.com"]);
  const first = await runTick(shop, "2026-09-02T06:00:00Z");
  const again = await runTick(shop, "2026-09-02T06:00:00Z");
  assert.deepEqual(again, first);
  assert.equal((await readEvents()).length, 2);
});

test("a contact without rows has an empty list, or no event where the source says skip", async () => {
  await addMembers(shop.hub.sql, ["with@example.com", "without@example.com"]);
  await shop.shop`insert into promo_codes (id, email) values (1, 'WITH@example.com')`;
  const sources = [{ source: "promo_codes", whenEmpty: "send" as const }];
  await runTick(shop, "2026-09-01T06:00:00Z", { sources });
  const values = (await readEvents()).map((event) => event.params.at(-1)?.value);
  assert.equal(values[1], '{"1043":[]}');
  const skipping = [{ source: "promo_codes", whenEmpty: "skip" as const }];
  const counts = await runTick(shop, "2026-09-02T06:00:00Z", { sources: skipping });
  assert.deepEqual([counts["events"], counts["skipped_empty"]], [1, 1]);
});

test("once means one event per contact, whatever happens to the event afterwards", async () => {
  await addMembers(shop.hub.sql, ["a@example.com"]);
  const once = { repeat: { kind: "once" as const } };
  await runTick(shop, "2026-09-01T06:00:00Z", once);
  await shop.hub.sql`delete from perigee.events`;
  await addMembers(shop.hub.sql, ["b@example.com"]);
  const counts = await runTick(shop, "2026-09-02T06:00:00Z", once);
  assert.deepEqual([counts["events"], counts["skipped_repeat"]], [1, 1]);
});

test("a rule that was changed to once counts the events of the old rule", async () => {
  await addMembers(shop.hub.sql, ["a@example.com"]);
  await runTick(shop, "2026-09-01T06:00:00Z");
  const counts = await runTick(shop, "2026-09-02T06:00:00Z", { repeat: { kind: "once" } });
  assert.equal(counts["events"], 0);
});

test("every 7 days lets a contact through on the day it is due and not an hour before", async () => {
  await addMembers(shop.hub.sql, ["a@example.com"]);
  const weekly = { repeat: { kind: "every" as const, everyMs: 7 * 86_400_000 } };
  const events: unknown[] = [];
  for (const at of ["01T06", "08T05", "08T06", "09T06"]) {
    events.push((await runTick(shop, `2026-09-${at}:00:00Z`, weekly))["events"]);
  }
  assert.deepEqual(events, [1, 0, 1, 0]);
});

test("entering lets a contact through once per entry, and nobody who was in before", async () => {
  const { sql } = shop.hub;
  await addMembers(sql, ["old@example.com"], "2026-08-31T00:00:00Z");
  const [contactId = ""] = await addMembers(sql, ["new@example.com"], "2026-09-01T06:00:00Z");
  const entering = { enteringOnly: true };
  const first = await runTick(shop, "2026-09-01T06:00:00Z", entering);
  const second = await runTick(shop, "2026-09-02T06:00:00Z", entering);
  await sql`update perigee.segment_members set entered_at = '2026-09-03T06:00:00Z'
    where contact_id = ${contactId}`;
  const third = await runTick(shop, "2026-09-03T06:00:00Z", entering);
  assert.deepEqual([first["events"], second["events"], third["events"]], [1, 0, 1]);
  const keys = (await readEvents()).map((event) => event.key);
  assert.deepEqual(keys, [contactId, contactId]);
});

test("a contact that was deleted after planning gets no event and is counted", async () => {
  const [gone = ""] = await addMembers(shop.hub.sql, ["gone@example.com", "here@example.com"]);
  await shop.hub.sql`delete from perigee.contacts where contact_id = ${gone}`;
  const counts = await runTick(shop, "2026-09-01T06:00:00Z");
  assert.deepEqual([counts["events"], counts["skipped_gone"]], [1, 1]);
});

test("a contact without address has no EmailAddress", async () => {
  const { sql } = shop.hub;
  const [contactId = ""] = await addMembers(sql, ["a@example.com"]);
  await sql`update perigee.contacts set email = null where contact_id = ${contactId}`;
  await runTick(shop, "2026-09-01T06:00:00Z");
  const [event] = await readEvents();
  assert.deepEqual(event?.params.map((param) => param.name), ["ContactId", "jsonParam"]);
});

test("a daemon that lost its lease writes nothing", async () => {
  await addMembers(shop.hub.sql, ["a@example.com"]);
  const stale = await makeContext(shop.hub.sql, "2026-09-01T06:00:00Z");
  await makeContext(shop.hub.sql, "2026-09-01T06:00:00Z");
  const run = runTrigger(birthdayTrigger(), stale, shop.deps());
  await assert.rejects(run, { code: "PG410" });
  assert.deepEqual(await readEvents(), []);
});

test("a source whose table is missing says which, and the tick goes on once it is there", async () => {
  await addMembers(shop.hub.sql, ["a@example.com"]);
  await shop.shop`alter table promo_codes rename to elsewhere`;
  await assert.rejects(runTick(shop, "2026-09-01T06:00:00Z"), {
    code: "PG790",
    message: /source promo_codes from public\.promo_codes of connector shop/,
  });
  await shop.shop`alter table elsewhere rename to promo_codes`;
  const counts = await runTick(shop, "2026-09-01T06:00:00Z");
  assert.equal(counts["events"], 1);
});

test("of two ticks that were planned before either was written, the second repeats nothing", async () => {
  const rules = [
    { repeat: { kind: "once" as const } },
    { repeat: { kind: "every" as const, everyMs: 7 * 86_400_000 } },
    { enteringOnly: true },
  ];
  const [first, second] = ["2026-09-01T06:00:00Z", "2026-09-02T06:00:00Z"] as const;
  for (const [index, rule] of rules.entries()) {
    for (const order of [[first, second], [second, first]]) {
      await shop.hub.sql.unsafe(`truncate perigee.contacts, perigee.segment_members, perigee.events,
        perigee.trigger_ticks, perigee.trigger_chunks, perigee.trigger_contacts`);
      await runTick(shop, "2026-08-01T06:00:00Z", rule);
      await addMembers(shop.hub.sql, ["a@example.com", "b@example.com"], "2026-08-31T00:00:00Z");
      const part = { ...rule, catchUp: "all" as const };
      await shop.shop`alter table promo_codes rename to elsewhere`;
      for (const tick of [first, second]) {
        await assert.rejects(runTick(shop, tick, part), { code: "PG790" });
      }
      await shop.shop`alter table elsewhere rename to promo_codes`;
      const counts = [];
      for (const tick of order) counts.push(await runTick(shop, tick, part));
      const last = order[0] === first ? counts[1] : counts[0];
      assert.deepEqual([last?.["events"], last?.["skipped_repeat"]], [0, 2], `rule ${index}`);
      assert.equal((await readEvents()).length, 2, `rule ${index}, ${order}`);
    }
  }
});

test("rows beyond the cap and values beyond the limit are left out and counted", async () => {
  await addMembers(shop.hub.sql, ["many@example.com"]);
  await shop.shop`insert into promo_codes (id, email) select n, 'many@example.com'
    from generate_series(1, 25) as n`;
  await shop.shop`update promo_codes set name = repeat('x', 65537) where id = 3`;
  const counts = await runTick(shop, "2026-09-01T06:00:00Z");
  assert.deepEqual([counts["rows"], counts["rows_left_out"], counts["values_too_long"]], [
    20,
    5,
    1,
  ]);
  const [event] = await readEvents();
  const rows = JSON.parse(event?.params.at(-1)?.value ?? "")["1043"] as { name: unknown }[];
  assert.deepEqual([rows.length, rows[2]?.name], [20, null]);
});

test("without a rule every tick makes an event for every member", async () => {
  await addMembers(shop.hub.sql, ["a@example.com", "b@example.com"]);
  for (const day of ["01", "02", "03"]) await runTick(shop, `2026-09-${day}T06:00:00Z`);
  assert.equal((await readEvents()).length, 6);
});
