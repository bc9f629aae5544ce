import assert from "node:assert/strict";
import { after, test } from "node:test";
import { likePattern, saveRoutes } from "../../src/hub/routes.ts";
import { openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import { deliverTo, openHubPool, webhookSink } from "./fixture.ts";

const hub = await openHubPool({ after });
const { sql } = hub;

async function sinksOf(type: string, trigger: string | null = null): Promise<string[]> {
  const [event] = await sql<{ eventId: string }[]>`
    insert into perigee.events (event_type_key, trigger_name, scheduled_at, contact_id)
    values (${type}, ${trigger}, ${trigger === null ? null : "2026-01-01T00:00:00Z"},
      nextval(pg_get_serial_sequence('perigee.contacts', 'contact_id')))
    returning event_id::text as "eventId"`;
  const rows = await sql<{ sink: string }[]>`
    select sink from perigee.deliveries where event_id = ${event?.eventId ?? ""} order by sink`;
  return rows.map((row) => row.sink);
}

test("an event that another program inserts is queued for the sinks of every route that matches", async () => {
  await saveRoutes(sql, [
    { pattern: "order*", sinks: ["crm", "mail"] },
    { pattern: "*NEW", sinks: ["crm"] },
    { pattern: "a_c%", sinks: ["odd"] },
  ]);
  assert.deepEqual(await sinksOf("orderNEW"), ["crm", "mail"]);
  assert.deepEqual(await sinksOf("somethingNEW"), ["crm"]);
  assert.deepEqual(await sinksOf("a_c%"), ["odd"]);
  assert.deepEqual(await sinksOf("abcd"), []);
  assert.deepEqual(await sinksOf("Order"), []);
});

test("events of triggers go where their trigger says, not by route", async () => {
  await saveRoutes(sql, [{ pattern: "*", sinks: ["crm"] }]);
  assert.deepEqual(await sinksOf("regularEventType-1", "birthday"), []);
});

test("routes follow the configuration, also when it has none any more", async () => {
  await saveRoutes(sql, [{ pattern: "*", sinks: ["crm"] }]);
  await saveRoutes(sql, [{ pattern: "*", sinks: ["mail"] }]);
  assert.deepEqual(await sinksOf("x"), ["mail"]);
  await saveRoutes(sql, []);
  assert.deepEqual(await sinksOf("x"), []);
});

test("only the asterisk is a wildcard", () => {
  assert.equal(likePattern("a_b*100%\\"), "a\\_b%100\\%\\\\");
});

test("an inserted event arrives at the sink of its route", async (t) => {
  const receiver = await openReceiver(t);
  const sink = webhookSink(receiver.url, { name: "routed" });
  const { seen } = deliverTo(t, hub, [sink], [{ pattern: "visit", sinks: ["routed"] }]);
  await waitFor("the route", async () => {
    const [route] = await sql`select 1 from perigee.routes where sink = 'routed'`;
    return route;
  });
  await sql`insert into perigee.events (event_type_key, key_value, params_json)
    values ('visit', 'k', '[{"name":"page","value":"/"}]')`;
  const request = await waitFor("the request", () => receiver.requests[0]);
  assert.deepEqual(JSON.parse(request.body), {
    eventTypeKey: "visit",
    keyValue: "k",
    params: [{ name: "page", value: "/" }],
  });
  await waitFor("the record", () => seen.find((each) => each.kind === "delivery_attempted"));
});
