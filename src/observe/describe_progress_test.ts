import assert from "node:assert/strict";
import { test } from "node:test";
import { describeProgress } from "./describe_progress.ts";

const copying = {
  kind: "work_progress",
  name: "export/shop",
  what: "contacts",
  unit: "rows",
  stage: "copied",
  done: 1_200_000,
  total: 10_000_000,
  elapsedMs: 3_000,
  isForLog: false,
} as const;

test("progress tells rows, share, rate and the time that is left", () => {
  assert.equal(
    describeProgress(copying),
    "contacts: 1,200,000 of about 10,000,000 rows copied (12 %), 400,000 rows/s, 22 s left",
  );
});

test("progress tells bytes of a file, and minutes and hours where they say more than seconds", () => {
  const file = { ...copying, what: "people.csv", unit: "bytes", done: 20e6 } as const;
  assert.equal(
    describeProgress({ ...file, total: 2_000e6, elapsedMs: 1_000 }),
    "people.csv: 20 MB of about 2000 MB copied (1 %), 20 MB/s, 99 s left",
  );
  assert.match(describeProgress({ ...file, total: 4_000e6, elapsedMs: 1_000 }), /, 3 min left$/);
  assert.match(describeProgress({ ...file, total: 400e9, elapsedMs: 1_000 }), /, 6 h left$/);
});

test("progress leaves out what is not known: a total that was passed, a rate after a moment", () => {
  assert.equal(
    describeProgress({ ...copying, total: 1_000_000 }),
    "contacts: 1,200,000 rows copied, 400,000 rows/s",
  );
  assert.equal(
    describeProgress({ ...copying, total: undefined, elapsedMs: 100 }),
    "contacts: 1,200,000 rows copied",
  );
  assert.equal(
    describeProgress({ ...copying, stage: "indexed" }),
    "contacts: the primary key is being built",
  );
});
