import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../config/model.ts";
import type { AlertNotice } from "../hub/alert_notices.ts";
import { AlertWatch } from "./alert_watch.ts";
import { findTroubles } from "./find_troubles.ts";
import { writeNotice } from "./notice_body.ts";

function configOf(limits: Readonly<Record<string, number | undefined>>): Config {
  const imports = Object.entries(limits).map(([name, maxStalenessMs]) =>
    [name, { name, maxStalenessMs }] as const
  );
  return {
    imports: new Map(imports),
    segments: new Map(),
    exports: new Map(),
    sinks: new Map([["crm", {}]]),
  } as unknown as Config;
}

const nothing = { runs: [], freshness: [], disabledSinks: [] };

test("what never succeeded is unknown until it is older than its limit by the daemon's own time", () => {
  const config = configOf({ fresh: 60_000, any: undefined });
  const early = findTroubles(config, nothing, 59_000);
  assert.deepEqual(early.troubles, []);
  assert.deepEqual(early.unknown, [{ subject: "import/fresh", condition: "stale" }]);
  const late = findTroubles(config, nothing, 61_000);
  assert.deepEqual(late.troubles.map(({ subject, code }) => [subject, code]), [
    ["import/fresh", "PG440"],
  ]);
  assert.match(late.troubles[0]?.message ?? "", /it never succeeded; max_staleness is 60 s/);
});

test("an age at the limit is fresh, beyond it stale", () => {
  const at = (ageMs: number) =>
    findTroubles(configOf({ one: 1_000 }), {
      ...nothing,
      freshness: [{ name: "import/one", lastSuccessAt: new Date(0), ageMs }],
    }, 0).troubles.length;
  assert.deepEqual([at(1_000), at(1_001)], [0, 1]);
});

test("a disabled sink that is not configured any more is no trouble", () => {
  const disabledSinks = [{ name: "crm", reason: "answered 410" }, { name: "old", reason: null }];
  const { troubles } = findTroubles(configOf({}), { ...nothing, disabledSinks }, 0);
  assert.deepEqual(troubles.map(({ subject, condition }) => [subject, condition]), [
    ["sink/crm", "disabled"],
  ]);
});

test("the watch wakes on changes alone, and forgets what is not configured", () => {
  const watch = new AlertWatch();
  let wakes = 0;
  watch.listen(() => wakes++);
  const delivered = {
    kind: "delivery_attempted",
    sink: "crm",
    outcome: "delivered",
    status: 200,
    events: 1,
    durationMs: 1,
  } as const;
  for (let count = 0; count < 5; count++) watch.observe(delivered);
  assert.equal(wakes, 0);
  const open = {
    kind: "sink_changed",
    sink: "crm",
    state: "open",
    reason: "ECONNREFUSED",
  } as const;
  watch.observe(open);
  watch.observe(open);
  assert.equal(wakes, 1);
  assert.equal(watch.look({ connectors: [], sinks: ["crm"] }).troubles.length, 1);
  assert.equal(watch.look({ connectors: [], sinks: [] }).troubles.length, 0);
  watch.observe(delivered);
  assert.equal(wakes, 2);
  const seen = watch.look({ connectors: ["shop"], sinks: ["crm"] });
  assert.deepEqual(seen, {
    troubles: [],
    unknown: [{ subject: "connector/shop", condition: "down" }],
  });
});

test("a notice says what, why and what to do, to programs and in one sentence", () => {
  const notice: AlertNotice = {
    noticeId: "1",
    claimNo: 1,
    type: "alert.raised",
    subject: "export/shop",
    condition: "failing",
    code: "PG202",
    message: "Could not connect.",
    advice: "Check the host.",
    raisedAt: new Date("2026-01-01T00:00:00Z"),
    createdAt: new Date("2026-01-01T00:00:00Z"),
  };
  assert.deepEqual(JSON.parse(writeNotice(notice)), {
    type: "alert.raised",
    timestamp: "2026-01-01T00:00:00.000Z",
    text: "Perigee: export/shop is failing (PG202). Could not connect. → Check the host.",
    data: {
      subject: "export/shop",
      condition: "failing",
      code: "PG202",
      message: "Could not connect.",
      advice: "Check the host.",
      raisedAt: "2026-01-01T00:00:00.000Z",
    },
  });
  const cleared = JSON.parse(writeNotice({ ...notice, type: "alert.cleared" })) as { text: string };
  assert.equal(
    cleared.text,
    "Perigee: export/shop is no longer failing, as it was since 2026-01-01T00:00:00.000Z.",
  );
});
