import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { SegmentNode } from "../../src/config/model_segment.ts";
import { runConfigTests } from "../../src/segment/run_config_tests.ts";
import { openTestDatabase } from "../support/database.ts";
import { addressOf, openWorld, segmentOf, sourceOf } from "../support/world.ts";

const world = await openWorld("create table promo_codes (untouched integer)");
const throwaway = await openTestDatabase({ after });

const where: SegmentNode = {
  kind: "all",
  nodes: [
    {
      kind: "source",
      source: "promo_codes",
      conditions: [
        {
          column: "birthday",
          operator: "anniversary",
          value: { offsetDays: 0 },
          ignoreCase: false,
          place: "p",
        },
      ],
      count: undefined,
      place: "p",
    },
  ],
};

test("a segment's tests run on throwaway databases at their own moment", async () => {
  const rows = {
    promo_codes: [{ email: "Leap@example.com", birthday: "2020-02-29" }, {
      email: "may@example.com",
      birthday: "1990-05-01",
    }],
  };
  const late = { at: "2026-02-28T23:30:00Z", rows, members: ["leap@example.com"] };
  const tests = [
    { ...late, name: "a leap day" },
    {
      ...late,
      name: "another day in Kyiv",
      at: "2026-02-28T22:30:00Z",
      members: ["nobody@example.com"],
    },
    {
      ...late,
      name: "contacts of its own",
      contacts: [{ email: "may@example.com", city: "Lviv" }],
      members: [],
    },
    { at: "2026-02-28", rows, members: [] },
    { at: "2026-02-28T00:00:00Z", rows: { other: [] }, members: [] },
  ];
  const segment = segmentOf("birthday", 1, where, { tests });
  const inKyiv = segmentOf("kyiv", 2, where, { timezone: "Europe/Kyiv", tests: tests.slice(1, 2) });
  const config = world.config({
    sources: new Map([["promo_codes", sourceOf("promo_codes")]]),
    segments: new Map([["birthday", segment], ["kyiv", inKyiv]]),
  });
  const databases = {
    hub: world.pool,
    hubTarget: world.hub.target,
    customers: new Map([["shop", addressOf(throwaway.target)]]),
  };
  const results = await runConfigTests(config, databases, new AbortController().signal);
  assert.deepEqual(
    results.map(({ test, passed, got, error }) => [test, passed, got.join(), error?.code]),
    [
      ["a leap day", true, "leap@example.com", undefined],
      ["another day in Kyiv", false, "leap@example.com", undefined],
      ["contacts of its own", true, "", undefined],
      ["4", false, "", "PG626"],
      ["5", false, "", "PG626"],
      ["another day in Kyiv", false, "", undefined],
    ],
  );
  assert.equal((await world.shop.sql`select untouched from promo_codes`).length, 0);
});
