import assert from "node:assert/strict";
import test from "node:test";
import { instantOf, isCountry, isLocale, isZone, nearestZone } from "./zone.ts";

test("zones are IANA names; offsets are refused, whose sign Postgres reads the other way", () => {
  for (const zone of ["UTC", "Europe/Kyiv", "America/Argentina/Buenos_Aires", "Etc/GMT+2"]) {
    assert.ok(isZone(zone), zone);
  }
  for (const zone of ["", "+02:00", "-0300", "Kyiv", "Europe/Nowhere", "UTC\0", "Z"]) {
    assert.ok(!isZone(zone), zone);
  }
});

test("a city alone is enough for a suggestion", () => {
  assert.equal(nearestZone("kyiv"), "Europe/Kyiv");
  assert.equal(nearestZone("new york"), "America/New_York");
  assert.equal(nearestZone("Europe/Berln"), "Europe/Berlin");
});

test("a day begins in its zone, also where summer time skips midnight", () => {
  const at = (text: string, zone: string, end = false) => instantOf(text, zone, end).toISOString();
  assert.equal(at("2026-01-31", "Europe/Kyiv"), "2026-01-30T22:00:00.000Z");
  assert.equal(at("2026-07-31", "Europe/Kyiv"), "2026-07-30T21:00:00.000Z");
  assert.equal(at("2026-07-31", "Europe/Kyiv", true), "2026-07-31T21:00:00.000Z");
  assert.equal(at("2024-03-31", "Asia/Beirut"), "2024-03-30T22:00:00.000Z");
  assert.equal(at("2026-01-31T09:00:00", "America/New_York"), "2026-01-31T14:00:00.000Z");
  assert.equal(at("2026-01-31T09:00:00+0200", "America/New_York"), "2026-01-31T07:00:00.000Z");
  assert.equal(at("2026-01-31 09:00", "UTC"), "2026-01-31T09:00:00.000Z");
});

test("a wall time that summer time skips is the moment after the gap", () => {
  assert.equal(
    instantOf("2026-03-08T02:30:00", "America/New_York").toISOString(),
    "2026-03-08T07:30:00.000Z",
  );
});

test("countries and locales are checked against their standards", () => {
  assert.ok(isCountry("UA") && isCountry("US"));
  assert.ok(!isCountry("ua") && !isCountry("XX1") && !isCountry("QX"));
  assert.ok(isLocale("uk-UA") && isLocale("en"));
  assert.ok(!isLocale("") && !isLocale("en_US!"));
});
