import assert from "node:assert/strict";
import { test } from "node:test";
import type { SegmentNode } from "../../src/config/model_segment.ts";
import { runSegment } from "../../src/segment/run_segment.ts";
import { happened, importOnce, mapTo } from "../support/imports.ts";
import { importOf, openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld(
  `create table people (id integer primary key, phone text, name text);
   insert into people values
     (1, '044 123 45 67', 'A'), (2, '+38 (067) 111-22-33', 'B'), (3, '12', 'short'),
     (4, null, 'none'), (5, '+380441234567', 'A again'), (6, '+1 415 555 2671', 'abroad');
   create table calls (phone text, minutes integer);
   insert into calls values ('0441234567', 5), ('+380441234567', 6), ('067-111-22-33', 7),
     ('+380671112244', 8), ('?', 9);
   create table parcels (number text primary key, phone text);
   insert into parcels values ('P-1', '067 111 22 33'), ('P-2', '050 111 22 33'), ('P-3', '?')`,
  { column: "phone", field: { kind: "phone", defaultCountry: "UA" } },
);

test("phone numbers are one key however they are written", async () => {
  const config = importOf("people", "people", [mapTo("firstName", "name")]);
  assert.deepEqual(happened(await importOnce(world, config)), {
    read: 6,
    inserted: 3,
    rejected: 3,
  });
  const rows = await world.hub
    .sql`select sms, first_name as name from perigee.contacts order by sms`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { sms: "+14155552671", name: "abroad" },
    { sms: "+380441234567", name: "A again" },
    { sms: "+380671112233", name: "B" },
  ]);
  const rejects = await world.hub
    .sql`select key, reason from perigee.import_rejects order by reason`;
  assert.deepEqual(rejects.map((row) => ({ ...row })), [
    { key: "044 123 45 67", reason: "duplicate" },
    { key: "12", reason: "invalid_phone" },
    { key: "", reason: "no_key" },
  ]);
});

test("a number that two contacts have is ambiguous", async () => {
  await world.hub.sql`insert into perigee.contacts (sms) values ('+380671112233')`;
  await world.shop.sql`update people set name = 'B new' where id = 2`;
  const config = importOf("people", "people", [mapTo("firstName", "name")]);
  assert.equal((await importOnce(world, config))["rejected"], 1);
  await world.hub.sql`
    delete from perigee.contacts where sms = '+380671112233' and first_name is null`;
  const counts = await importOnce(world, config);
  assert.equal(counts["updated"], 1);
});

test("rows of one number count together in a segment", async () => {
  const counted: SegmentNode = {
    kind: "source",
    source: "calls",
    conditions: [],
    count: { operator: ">=", value: 2 },
    place: "p",
  };
  const sources = new Map([["calls", sourceOf("calls")]]);
  const config = world.config({ sources });
  const evaluate = (id: number, where: SegmentNode) =>
    world.run(
      `segment/${id}`,
      (context, deps) => runSegment(segmentOf(`s${id}`, id, where), context, deps),
      { config },
    );
  assert.deepEqual(await evaluate(1, counted), { entered: 1, left: 0, total: 1, unmatched: 0 });
  const any: SegmentNode = { ...counted, count: undefined };
  assert.deepEqual(await evaluate(2, any), { entered: 2, left: 0, total: 2, unmatched: 2 });
});

test("orders find their contact however its number is written, also when it comes later", async () => {
  const config = importOf("parcels", "parcels", [mapTo("externalOrderId", "number")], {
    dataset: "orders",
  });
  assert.deepEqual(happened(await importOnce(world, config)), {
    read: 3,
    inserted: 3,
    unmatched: 2,
  });
  await world.hub.sql`insert into perigee.contacts (sms) values ('+380501112233')`;
  assert.deepEqual(happened(await importOnce(world, config)), { linked: 1 });
  const rows = await world.hub.sql`
    select o.external_order_id as id, c.sms from perigee.orders o
      left join perigee.contacts c using (contact_id) order by 1`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { id: "P-1", sms: "+380671112233" },
    { id: "P-2", sms: "+380501112233" },
    { id: "P-3", sms: null },
  ]);
});
