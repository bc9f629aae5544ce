import assert from "node:assert/strict";
import { test } from "node:test";
import { findDirectionFault, resolveSpecifier } from "./lint_import_direction.ts";

const path = (part: string) => `/project/src/${part}`;

test("imports that point to the ground are allowed", () => {
  assert.equal(findDirectionFault(path("export/plan.ts"), path("hub/run.ts")), undefined);
  assert.equal(findDirectionFault(path("trigger/run.ts"), path("segment/run.ts")), undefined);
  assert.equal(findDirectionFault(path("export/plan.ts"), path("export/codes.ts")), undefined);
  assert.equal(findDirectionFault(path("main.ts"), path("cli/dispatch.ts")), undefined);
});

test("imports that point upwards or sideways are refused", () => {
  const upwards = findDirectionFault(path("hub/run.ts"), path("schedule/runner.ts"));
  assert.match(upwards ?? "", /hub may not import schedule/);
  assert.match(
    findDirectionFault(path("export/a.ts"), path("import/b.ts")) ?? "",
    /may not import/,
  );
  assert.match(
    findDirectionFault(path("trigger/a.ts"), path("export/b.ts")) ?? "",
    /may not import/,
  );
});

test("a folder without a place among the layers is refused", () => {
  const fault = findDirectionFault(path("stray/a.ts"), path("hub/run.ts"));
  assert.equal(fault, "src/stray has no place among the layers");
});

test("specifiers of packages are left alone, relative ones are resolved", () => {
  assert.equal(resolveSpecifier(path("export/plan.ts"), "hono"), undefined);
  assert.equal(
    resolveSpecifier(path("export/plan.ts"), "../hub/run.ts"),
    "/project/src/hub/run.ts",
  );
});
