import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScheduleConfig } from "../config/model.ts";
import { ticksOf } from "./ticks.ts";

function schedule(part: Partial<ScheduleConfig>): ScheduleConfig {
  return {
    cron: undefined,
    everyMs: undefined,
    timezone: "UTC",
    startsAt: undefined,
    endsAt: undefined,
    weekdays: [],
    ...part,
  };
}

function next(part: Partial<ScheduleConfig>, after: string): string | undefined {
  return ticksOf(schedule(part))?.next(new Date(after))?.toISOString();
}

function previous(part: Partial<ScheduleConfig>, before: string): string | undefined {
  return ticksOf(schedule(part))?.previous(new Date(before))?.toISOString();
}

const kyivMorning = { cron: "0 9 * * *", timezone: "Europe/Kyiv" };

test("a schedule without cron and interval has no ticks", () => {
  assert.equal(ticksOf(schedule({})), undefined);
});

test("an interval counts from the epoch, so that every daemon finds the same tick", () => {
  const quarter = { everyMs: 900_000 };
  assert.equal(next(quarter, "2026-03-01T10:07:31.250Z"), "2026-03-01T10:15:00.000Z");
  assert.equal(next(quarter, "2026-03-01T10:15:00.000Z"), "2026-03-01T10:30:00.000Z");
  assert.equal(previous(quarter, "2026-03-01T10:15:00.000Z"), "2026-03-01T10:00:00.000Z");
  assert.equal(previous(quarter, "2026-03-01T10:15:00.001Z"), "2026-03-01T10:15:00.000Z");
});

test("a cron expression is read in the schedule's zone, summer and winter", () => {
  assert.equal(next(kyivMorning, "2026-01-10T00:00:00Z"), "2026-01-10T07:00:00.000Z");
  assert.equal(next(kyivMorning, "2026-07-10T00:00:00Z"), "2026-07-10T06:00:00.000Z");
  assert.equal(previous(kyivMorning, "2026-07-10T06:00:00Z"), "2026-07-09T06:00:00.000Z");
});

test("a time that a daylight-saving change skips still happens once that day", () => {
  const skipped = { cron: "30 3 * * *", timezone: "Europe/Kyiv" };
  const first = next(skipped, "2026-03-28T22:00:00Z");
  assert.equal(first, "2026-03-29T01:00:00.000Z");
  assert.equal(next(skipped, first), "2026-03-30T00:30:00.000Z");
});

test("a time that a daylight-saving change repeats happens once that day", () => {
  const repeated = { cron: "30 3 * * *", timezone: "Europe/Kyiv" };
  const first = next(repeated, "2026-10-24T22:00:00Z");
  assert.equal(first, "2026-10-25T00:30:00.000Z");
  assert.equal(next(repeated, first), "2026-10-26T01:30:00.000Z");
});

test("ticks start at the start date and end before the end date", () => {
  const bounded = {
    ...kyivMorning,
    startsAt: new Date("2026-05-02T06:00:00Z"),
    endsAt: new Date("2026-05-04T06:00:00Z"),
  };
  assert.equal(next(bounded, "2026-01-01T00:00:00Z"), "2026-05-02T06:00:00.000Z");
  assert.equal(next(bounded, "2026-05-03T06:00:00Z"), undefined);
  assert.equal(previous(bounded, "2027-01-01T00:00:00Z"), "2026-05-03T06:00:00.000Z");
  assert.equal(previous(bounded, "2026-05-02T06:00:00Z"), undefined);
});

test("only the allowed weekdays of the schedule's zone have ticks", () => {
  const weekends = { everyMs: 3_600_000, timezone: "Europe/Kyiv", weekdays: [0, 6] };
  assert.equal(next(weekends, "2026-11-23T10:30:00Z"), "2026-11-27T22:00:00.000Z");
  assert.equal(previous(weekends, "2026-11-23T10:30:00Z"), "2026-11-22T21:00:00.000Z");
  const daily = { cron: "0 0 * * *", weekdays: [0] };
  assert.equal(previous(daily, "2026-11-23T10:30:00Z"), "2026-11-22T00:00:00.000Z");
});
