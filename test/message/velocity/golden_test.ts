import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compileTemplate } from "../../../src/message/velocity/compile.ts";
import type { DialectName } from "../../../src/message/velocity/dialect.ts";
import { VelocityError } from "../../../src/message/velocity/error.ts";
import { reviveGolden } from "./revive_golden.ts";

interface Answer {
  readonly out?: string;
  readonly error?: true;
}

interface GoldenCase {
  readonly id: number;
  readonly template: string;
  readonly v17: Answer;
  readonly v2: Answer;
}

/** Cases that print what only a running JVM has; each with the reason why ours differs. */
const exceptions: Readonly<Record<DialectName, Readonly<Record<number, string>>>> = {
  "1.7": {
    677: "Java prints the address of an array; ours prints its items",
    682: "Java prints the address of an array; ours prints its items",
    704: "Java prints the address of a stream; ours prints the characters",
    705: "Java prints the address of an array; ours prints its items",
    740: "there are no streams: the reference prints itself",
  },
  "2.x": {
    704: "Java prints the address of a stream; ours prints the characters",
    740: "there are no streams: the reference prints itself",
  },
};

const lines = readFileSync(new URL("../../golden/velocity-golden.jsonl", import.meta.url), "utf8")
  .trim().split("\n");
const context = reviveGolden(JSON.parse(lines[0]!).context) as Record<string, unknown>;
const cases = lines.slice(1).map((line) => JSON.parse(line) as GoldenCase);

function answerOf(template: string, dialect: DialectName): Answer {
  try {
    const compiled = compileTemplate(template, { name: "golden", dialect });
    return { out: compiled.render(context, { tools: [] }) };
  } catch (error) {
    if (error instanceof VelocityError) return { error: true };
    throw error;
  }
}

for (const [dialect, key] of [["1.7", "v17"], ["2.x", "v2"]] as const) {
  test(`dialect ${dialect} answers as Apache's engine in every golden case but the listed ones`, () => {
    const differing = cases.filter(({ template, [key]: wanted }) => {
      const answer = answerOf(template, dialect);
      return answer.out !== wanted.out || (answer.error ?? false) !== (wanted.error ?? false);
    });
    assert.deepEqual(
      differing.map(({ id, template }) => ({ id, template })),
      cases.filter(({ id }) => id in exceptions[dialect]).map(({ id, template }) => ({
        id,
        template,
      })),
    );
    assert.ok(differing.length / cases.length < 0.01);
  });
}

test("rendering all golden cases leaves the context as it was", () => {
  const before = JSON.stringify(context);
  for (const { template } of cases) answerOf(template, "1.7");
  assert.equal(JSON.stringify(context), before);
});
