import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { formatDuration, longestDurationMs, parseDuration } from "./duration.ts";

test("durations are numbers with units, from large to small", () => {
  assert.equal(parseDuration("15m"), 900_000);
  assert.equal(parseDuration("1h30m"), 5_400_000);
  assert.equal(parseDuration("1h 30m"), 5_400_000);
  assert.equal(parseDuration("1.5h"), 5_400_000);
  assert.equal(parseDuration("500ms"), 500);
  assert.equal(parseDuration("2w"), 14 * 86_400_000);
  assert.equal(parseDuration("0"), 0);
  assert.equal(parseDuration("0s"), 0);
});

test("what has no unit, two of one, or an order from small to large is no duration", () => {
  const wrong = [
    "",
    "15",
    "m",
    "15 m",
    "1m1h",
    "1m2m",
    "-1s",
    "1e3s",
    "1h30",
    "PT1H",
    "1M",
    "200000d",
  ];
  for (const text of wrong) assert.equal(parseDuration(text), undefined, text);
});

test("every duration is read back from how it is written", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: longestDurationMs }), (durationMs) => {
    assert.equal(parseDuration(formatDuration(durationMs)), durationMs);
  }));
});

test("no text makes a duration that is negative, fractional or beyond the longest", () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9]{1,20}(\.[0-9]{1,12})?[wdhms]{1,2}$/),
  );
  fc.assert(fc.property(text, (each) => {
    const durationMs = parseDuration(each);
    assert.ok(
      durationMs === undefined ||
        Number.isSafeInteger(durationMs) && durationMs >= 0 && durationMs <= longestDurationMs,
    );
  }));
});
