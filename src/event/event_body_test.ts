import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeliveredEvent, hasEvent, writeBody } from "./event_body.ts";

const hubId = "0f6f2a3e-1111-4222-8333-444455556666";
const plainHubId = hubId.replaceAll("-", "");

function event(eventId: string, part: Partial<DeliveredEvent> = {}): DeliveredEvent {
  return {
    eventId,
    claimNo: 1,
    attempts: 0,
    contactId: "7",
    isAlone: false,
    eventTypeKey: "regularEventType-170531841",
    keyValue: "7",
    occured: "2026-09-02T06:00:00.250Z",
    params: '[{"name": "ContactId", "value": "7"}]',
    ...part,
  };
}

test("events_v1 is the platform's event", () => {
  const { id, contentType, body } = writeBody("events_v1", hubId, [event("31")]);
  assert.equal(id, `${plainHubId}-31`);
  assert.equal(contentType, "application/json");
  assert.deepEqual(JSON.parse(body), {
    eventTypeKey: "regularEventType-170531841",
    keyValue: "7",
    params: [{ name: "ContactId", value: "7" }],
  });
});

test("an event without key leaves the key out, as the platform does", () => {
  const { body } = writeBody("events_v1", hubId, [event("31", { keyValue: null })]);
  assert.deepEqual(Object.keys(JSON.parse(body)), ["eventTypeKey", "params"]);
});

test("cloudevents has every required attribute", () => {
  const { contentType, body } = writeBody("cloudevents", hubId, [event("31")]);
  assert.match(contentType, /^application\/cloudevents\+json/);
  assert.deepEqual(JSON.parse(body), {
    specversion: "1.0",
    id: `${plainHubId}-31`,
    source: `urn:uuid:${hubId}`,
    type: "regularEventType-170531841",
    subject: "7",
    time: "2026-09-02T06:00:00.250Z",
    datacontenttype: "application/json",
    data: { params: [{ name: "ContactId", value: "7" }] },
  });
});

test("an array names each event, and its own id depends on which they are", () => {
  const one = writeBody("array", hubId, [event("31"), event("32")]);
  const again = writeBody("array", hubId, [event("31"), event("32")]);
  const other = writeBody("array", hubId, [event("31"), event("33")]);
  const ids = (JSON.parse(one.body) as { id: string }[]).map((item) => item.id);
  assert.deepEqual(ids, [`${plainHubId}-31`, `${plainHubId}-32`]);
  assert.equal(one.id, again.id);
  assert.notEqual(one.id, other.id);
});

test("names and keys with quotes stay JSON", () => {
  const quoted = event("31", { eventTypeKey: 'a"b', keyValue: "c\\d\n" });
  for (const format of ["events_v1", "cloudevents", "array"] as const) {
    assert.doesNotThrow(() => JSON.parse(writeBody(format, hubId, [quoted]).body), format);
  }
});

test("a delivery whose event was deleted has none", () => {
  assert.equal(hasEvent({ ...event("31"), eventTypeKey: null }), false);
  assert.equal(hasEvent(event("31")), true);
});
