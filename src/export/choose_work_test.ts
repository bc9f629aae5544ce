import assert from "node:assert/strict";
import { test } from "node:test";
import { captureVersion, type HubState } from "../hub/change_window.ts";
import { chooseWork } from "./choose_work.ts";
import type { Cursor } from "./cursor.ts";
import { describeTable } from "./export_table.ts";
import { fitTable, type FittedTable } from "./fit_table.ts";

const table = describeTable("contacts", {
  schema: "public",
  naming: "documented",
  deprecatedColumns: false,
  longValues: "truncate",
});
const fitted: FittedTable = { ...fitTable(table, undefined, "truncate"), exists: true };

const hub: HubState = {
  hubId: "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
  systemIdentifier: "7",
  timeline: "00000001",
  databaseOid: "5",
  isStandby: false,
  snapshot: "100:110:104",
  readAt: "2024-01-01T00:00:00Z",
  inProgress: 1,
  datasets: { contacts: { epoch: "1", tableOid: "16400", isLogComplete: true, pending: 3 } },
};

const cursor: Cursor = {
  tableName: "contacts",
  exportName: "shop",
  hubId: hub.hubId,
  systemIdentifier: "7",
  timeline: "00000001",
  databaseOid: "5",
  tableOid: "16400",
  captureVersion,
  epoch: "1",
  snapshot: "90:95:",
  shape: "same",
  confirmedAgo: 1,
  rejected: "0",
};

function choose(changes: Partial<Cursor>, state: Partial<HubState["datasets"][string]> = {}) {
  const contacts = { ...hub.datasets["contacts"]!, ...state };
  const work = chooseWork("shop", fitted, "same", { ...cursor, ...changes }, {
    ...hub,
    datasets: { contacts },
  });
  return "reason" in work ? `${work.kind}: ${work.reason}` : work.kind;
}

test("a cursor of the same hub leads to the window after it, or to nothing", () => {
  assert.equal(choose({}), "window");
  assert.equal(choose({}, { pending: 0 }), "nothing");
});

test("whatever does not prove that a window is complete leads to a comparison in full", () => {
  const full: [string, Partial<Cursor>, Partial<HubState["datasets"][string]>?][] = [
    ["resync", { snapshot: null }],
    ["another server", { systemIdentifier: "8" }],
    ["another server", { systemIdentifier: null }],
    ["point in time", { timeline: "00000002" }],
    ["new tables", { databaseOid: "6" }],
    ["new tables", { tableOid: "16999" }],
    ["went backwards", { snapshot: "90:111:" }],
    ["captures changes", { captureVersion: captureVersion - 1 }],
    ["truncated", { epoch: "0" }],
    ["columns or their types", { shape: "other" }],
    ["further behind", {}, { isLogComplete: false }],
  ];
  for (const [word, changes, state] of full) {
    assert.match(choose(changes, state), new RegExp(`^full: .*${word}`));
  }
});

test("a table that is missing is loaded, and one that was there before is merged with", () => {
  const missing = { ...fitted, exists: false };
  assert.deepEqual(chooseWork("shop", missing, "same", undefined, hub), {
    kind: "load",
    reason: undefined,
  });
  assert.deepEqual(chooseWork("shop", missing, "same", cursor, hub), {
    kind: "load",
    reason: "the table was dropped",
  });
  assert.equal(chooseWork("shop", fitted, "same", undefined, hub).kind, "full");
});

test("another export's cursor is shared with the same shape, refused with another, and taken over after a resync", () => {
  assert.equal(choose({ exportName: "other" }), "window");
  assert.throws(() => choose({ exportName: "other", shape: "other" }), { code: "PG503" });
  assert.match(choose({ exportName: "other", shape: "other", snapshot: null }), /^full/);
});
