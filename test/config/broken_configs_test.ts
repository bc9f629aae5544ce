import assert from "node:assert/strict";
import test from "node:test";
import { problemCodes } from "../../src/config/problem.ts";
import { readCases, runCase } from "./broken_case.ts";

/** Reported for what no text file of a case can hold; hostile_files_test.ts shows them. */
const elsewhere = ["PG102", "PG103", "PG107", "PG108"];

for (const broken of readCases()) {
  test(`a broken configuration is reported as in ${broken.name}, all at once`, async () => {
    const { output, problems } = await runCase(broken);
    assert.equal(output, broken.parts.get("output"));
    assert.notEqual(problems.length, 0);
    assert.doesNotMatch(output, /literal-secret|-secret\b/, "a secret is shown");
  });
}

test("every problem code is shown by a case or by a test of hostile files", () => {
  const shown = readCases().map((each) => each.parts.get("output") ?? "").join("");
  const unseen = Object.keys(problemCodes).filter((code) =>
    !elsewhere.includes(code) && !shown.includes(` ${code} `)
  );
  assert.deepEqual(unseen, []);
});
