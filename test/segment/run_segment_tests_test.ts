import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { SegmentNode } from "../../src/config/model_segment.ts";
import type { SegmentTestConfig } from "../../src/config/model_test_case.ts";
import { runSegmentTests } from "../../src/segment/run_segment_tests.ts";
import { openTestDatabase } from "../support/database.ts";
import { addressOf, openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld("create table promo_codes (untouched integer)");
const throwaway = await openTestDatabase({ after });

const where: SegmentNode = {
  kind: "source",
  source: "promo_codes",
  conditions: [{
    column: "birthday",
    operator: "anniversary",
    value: { offsetDays: 0 },
    ignoreCase: false,
    place: "p",
  }],
  count: undefined,
  place: "p",
};

const rows = new Map([["promo_codes", [
  { email: "Leap@example.com", birthday: "2020-02-29" },
  { email: "may@example.com", birthday: "1990-05-01" },
]]]);

function caseOf(name: string, more: Partial<SegmentTestConfig> = {}): SegmentTestConfig {
  const at = new Date("2026-02-28T23:30:00Z");
  const members = ["leap@example.com"];
  return { name, at, rows, types: new Map(), contacts: undefined, members, place: "p", ...more };
}

test("a segment's tests run on throwaway databases at their own moment", async () => {
  const contacts = [{ email: "may@example.com", city: "Lviv" }];
  const tests = [
    caseOf("a leap day"),
    caseOf("somebody else", { members: ["nobody@example.com"] }),
    caseOf("contacts of its own", { contacts, members: [] }),
    caseOf("no rows", { rows: new Map(), members: [] }),
    caseOf("a value that is none", {
      types: new Map([["promo_codes", { birthday: "numeric" }]]),
    }),
  ];
  const inKyiv = [caseOf("another day in Kyiv", { members: [] })];
  const config = world.config({
    sources: new Map([["promo_codes", sourceOf("promo_codes")]]),
    segments: new Map([
      ["birthday", segmentOf("birthday", 1, where, { tests })],
      ["kyiv", segmentOf("kyiv", 2, where, { timezone: "Europe/Kyiv", tests: inKyiv })],
    ]),
  });
  const databases = {
    hub: world.pool,
    hubTarget: world.hub.target,
    customers: new Map([["shop", addressOf(throwaway.target)]]),
  };
  const results = await runSegmentTests(config, databases, new AbortController().signal);
  assert.deepEqual(
    results.map(({ subject, test, passed, differences }) => [
      ...[subject, test, passed],
      differences.map((each) => each.replace(/^(it cannot be run).*/s, "$1")).join(),
    ]),
    [
      ["segment/birthday", "a leap day", true, ""],
      [
        ...["segment/birthday", "somebody else", false],
        "nobody@example.com must be in and is not,leap@example.com is in and must not be",
      ],
      ["segment/birthday", "contacts of its own", true, ""],
      ["segment/birthday", "no rows", true, ""],
      ["segment/birthday", "a value that is none", false, "it cannot be run"],
      ["segment/kyiv", "another day in Kyiv", true, ""],
    ],
  );
  assert.equal((await world.shop.sql`select untouched from promo_codes`).length, 0);
});
