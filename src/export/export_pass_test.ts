import assert from "node:assert/strict";
import { test } from "node:test";
import { groupIntoUnits } from "./export_pass.ts";
import type { TablePlan } from "./write_table.ts";

function plans(work: Record<string, string>): TablePlan[] {
  return Object.entries(work).map(([dataset, kind]) =>
    ({ next: { dataset }, work: { kind } }) as unknown as TablePlan
  );
}

function units(work: Record<string, string>): string[][] {
  return groupIntoUnits(plans(work)).map((unit) => unit.map(({ next }) => next.dataset));
}

test("all windows of a run are committed together", () => {
  assert.deepEqual(
    units({ contacts: "window", events: "nothing", orderItems: "window", orders: "window" }),
    [["contacts", "orderItems", "orders"]],
  );
});

test("what is loaded or compared in full has a transaction of its own, after the windows", () => {
  assert.deepEqual(
    units({ contacts: "load", events: "window", revenue: "full", messages: "confirm" }),
    [["events", "messages"], ["contacts"], ["revenue"]],
  );
});

test("orders never go without their items, whatever either of them needs", () => {
  assert.deepEqual(units({ contacts: "window", orderItems: "load", orders: "window" }), [
    ["contacts"],
    ["orderItems", "orders"],
  ]);
  assert.deepEqual(units({ orderItems: "full", orders: "full" }), [["orderItems", "orders"]]);
});

test("where nothing is due there is no transaction", () => {
  assert.deepEqual(units({ contacts: "nothing", orders: "nothing" }), []);
});
