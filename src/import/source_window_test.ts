import assert from "node:assert/strict";
import { test } from "node:test";
import { cursorFloor, extendHistory, parseSnapshot, planWindow } from "./source_window.ts";
import type { SourceTable } from "./source_table.ts";

const table: SourceTable = {
  from: "public.customers",
  columns: new Map([["updated_at", {
    name: "updated_at",
    type: "timestamp with time zone",
    isNested: false,
  }]]),
  primaryKey: ["id"],
  uniqueColumns: new Set(),
  windowObstacle: undefined,
  identity: "one",
  isStandby: false,
  hashesLists: false,
};
const last = {
  fingerprint: "same",
  sourceIdentity: "one",
  snapshot: "100:105:100,103",
  history: [],
  hasDuplicates: false,
};

function reasonOf(
  source: Partial<SourceTable>,
  snapshot: string,
  before: Partial<typeof last> | undefined = {},
  end = parseSnapshot(snapshot)?.xmax ?? 0n,
): string {
  const window = planWindow(
    { ...table, ...source },
    { snapshot, end, cursorValue: undefined },
    before === undefined ? undefined : { ...last, ...before },
    "same",
    undefined,
  );
  return window.kind === "full" ? window.reason : window.condition;
}

test("everything is read where xmin tells nothing, with the reason", () => {
  assert.match(reasonOf({ windowObstacle: "a view has no xmin" }, "110:110:"), /view/);
  assert.match(reasonOf({ identity: "two" }, "110:110:"), /another server or table/);
  assert.match(reasonOf({}, "90:90:"), /back in time/);
  assert.match(reasonOf({}, "110:110:", { fingerprint: "other" }), /configuration changed/);
  assert.match(reasonOf({}, `${2n ** 31n + 200n}:${2n ** 31n + 200n}:`), /too many transactions/);
});

test("changes begin at the oldest transaction that ran at the last run", () => {
  assert.match(reasonOf({}, "110:110:"), /age\('100'::xid\).*>= 100$/);
});

test("a short list of transactions is looked up in a hash, across an epoch too", () => {
  const hashed = { hashesLists: true };
  assert.equal(
    reasonOf(hashed, "110:110:"),
    "t.xmin = any('{100,101,102,103,104,105,106,107,108,109}'::xid[])",
  );
  const last = { snapshot: `${2n ** 32n - 1n}:${2n ** 32n - 1n}:` };
  assert.equal(
    reasonOf(hashed, `${2n ** 32n + 5n}:${2n ** 32n + 5n}:`, last),
    `t.xmin = any('{4294967295,3,4${",4294967295".repeat(6)}}'::xid[])`,
  );
  assert.equal(reasonOf(hashed, "105:105:", { snapshot: "105:105:" }), "t.xmin = any('{}'::xid[])");
  assert.match(reasonOf(hashed, "50110:50110:"), /age/);
});

test("a standby reads what it sees beyond a transaction that is still open", () => {
  const standby = { isStandby: true };
  assert.equal(
    reasonOf({ ...standby, hashesLists: true }, "100:100:", { snapshot: "100:100:" }, 103n),
    `t.xmin = any('{100,101,102${",100".repeat(6)}}'::xid[])`,
  );
  const [open, end] = [2n ** 32n - 5n, 2n ** 32n + 10n];
  assert.match(
    reasonOf(standby, `${open}:${open}:`, { snapshot: `${open}:${open}:` }, end),
    /> 10 then 0 else 4294967296 end >= 4294967291$/,
  );
});

test("transaction ids are compared with their epoch", () => {
  const snapshot = `${2n ** 32n - 5n}:${2n ** 32n - 5n}:`;
  const condition = reasonOf({}, `${2n ** 32n + 10n}:${2n ** 32n + 10n}:`, { snapshot });
  assert.match(condition, /> 10 then 0 else 4294967296 end >= 4294967291$/);
});

test("a cursor looks back to the run before the oldest running transaction began", () => {
  const history = [
    { snapshot: "50:60:", value: "1" },
    { snapshot: "60:99:", value: "2" },
    { snapshot: "90:103:90", value: "3" },
  ];
  assert.equal(cursorFloor(history, "100:105:100"), "2");
  assert.equal(cursorFloor(history, "40:105:40"), undefined);
});

test("history keeps what a transaction that is still open needs, and no more", () => {
  const history = [{ snapshot: "50:60:", value: "1" }, { snapshot: "60:99:60", value: "2" }];
  assert.deepEqual(
    extendHistory(history, { snapshot: "60:120:60", end: 120n, cursorValue: "3" }),
    [...history, { snapshot: "60:120:60", value: "3" }],
  );
  assert.deepEqual(
    extendHistory(history, { snapshot: "120:120:", end: 120n, cursorValue: "3" }),
    [{ snapshot: "120:120:", value: "3" }],
  );
});
