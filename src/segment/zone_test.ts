import assert from "node:assert/strict";
import { test } from "node:test";
import { addMonths, openZone, shiftInstant, startOfDay, utcOf } from "./zone.ts";

const at = (text: string) => Date.parse(text);

test("a day begins at the first moment that its zone's clocks show it", () => {
  const kyiv = openZone("Europe/Kyiv");
  assert.equal(kyiv.instantOf(utcOf(2026, 3, 29)), at("2026-03-28T22:00:00Z"));
  assert.equal(kyiv.instantOf(utcOf(2026, 3, 30)), at("2026-03-29T21:00:00Z"));
  assert.equal(kyiv.instantOf(utcOf(2026, 10, 26)), at("2026-10-25T22:00:00Z"));
});

test("a midnight that summer time skips begins when the clocks pass it", () => {
  const cairo = openZone("Africa/Cairo");
  assert.equal(cairo.instantOf(utcOf(2024, 4, 26)), at("2024-04-25T22:00:00Z"));
  const toronto = openZone("America/Toronto");
  assert.equal(toronto.instantOf(utcOf(1919, 3, 31)), at("1919-03-31T04:30:00Z"));
});

test("a day that a zone left out is empty", () => {
  const apia = openZone("Pacific/Apia");
  assert.equal(apia.instantOf(utcOf(2011, 12, 30)), apia.instantOf(utcOf(2011, 12, 31)));
});

test("a midnight that occurs twice means the first", () => {
  const havana = openZone("America/Havana");
  assert.equal(havana.instantOf(utcOf(2025, 11, 2)), at("2025-11-02T04:00:00Z"));
  assert.equal(startOfDay(havana.wallOf(at("2025-11-02T05:30:00Z"))), utcOf(2025, 11, 2));
});

test("days count on the calendar and hours count elapsed time", () => {
  const kyiv = openZone("Europe/Kyiv");
  const noon = at("2026-03-29T09:00:00Z");
  assert.equal(
    shiftInstant(kyiv, noon, { amount: 1, unit: "days" }, -1),
    at("2026-03-28T10:00:00Z"),
  );
  assert.equal(
    shiftInstant(kyiv, noon, { amount: 24, unit: "hours" }, -1),
    at("2026-03-28T09:00:00Z"),
  );
});

test("a month's end stays a month's end", () => {
  assert.equal(addMonths(utcOf(2026, 3, 31), -1), utcOf(2026, 2, 28));
  assert.equal(addMonths(utcOf(2024, 2, 29), 12), utcOf(2025, 2, 28));
  assert.equal(addMonths(utcOf(2026, 1, 15), -13), utcOf(2024, 12, 15));
});
