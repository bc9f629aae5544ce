import assert from "node:assert/strict";
import { test } from "node:test";
import { missedTicks, type PastTicks } from "./missed_ticks.ts";

const hourMs = 3_600_000;

const hourly: PastTicks = {
  previous: (before) => new Date((Math.ceil(before.getTime() / hourMs) - 1) * hourMs),
};

function missed(
  catchUp: "none" | "last" | "all",
  lastSuccess: string | undefined,
  now: string,
  catchUpLimit = 10,
): string[] {
  const last = lastSuccess === undefined ? undefined : new Date(lastSuccess);
  return missedTicks({ catchUp, catchUpLimit }, hourly, last, new Date(now))
    .map((tick) => tick.toISOString().slice(8, 16));
}

test("catch_up decides how many of the missed ticks are made up for", () => {
  const down = ["2026-05-01T09:00:00Z", "2026-05-01T12:30:00Z"] as const;
  assert.deepEqual(missed("none", ...down), []);
  assert.deepEqual(missed("last", ...down), ["01T12:00"]);
  assert.deepEqual(missed("all", ...down), ["01T10:00", "01T11:00", "01T12:00"]);
});

test("of too many missed ticks the newest are made up for, oldest first", () => {
  assert.deepEqual(missed("all", "2025-05-01T09:00:00Z", "2026-05-01T12:30:00Z", 2), [
    "01T11:00",
    "01T12:00",
  ]);
});

test("a tick that succeeded is not made up for", () => {
  assert.deepEqual(missed("last", "2026-05-01T12:00:00Z", "2026-05-01T12:30:00Z"), []);
  assert.deepEqual(missed("all", "2026-05-01T12:00:00Z", "2026-05-01T12:59:59Z"), []);
});

test("a trigger that never ran has missed nothing", () => {
  assert.deepEqual(missed("all", undefined, "2026-05-01T12:30:00Z"), []);
});

test("a clock that was set back has missed nothing", () => {
  assert.deepEqual(missed("all", "2026-05-01T12:00:00Z", "2026-04-30T12:30:00Z"), []);
});

test("a schedule that ended makes up for its own ticks only", () => {
  const ended: PastTicks = { previous: () => undefined };
  const last = new Date("2026-05-01T12:00:00Z");
  assert.deepEqual(
    missedTicks({ catchUp: "all", catchUpLimit: 5 }, ended, last, new Date("2026-06-01T00:00:00Z")),
    [],
  );
});
