import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compileTemplate } from "../../../src/message/velocity/compile.ts";
import { VelocityError } from "../../../src/message/velocity/error.ts";
import { reviveGolden } from "./revive_golden.ts";
import { seededRandom, TemplateGenerator } from "./template_generator.ts";

const seed = Number(process.env["VELOCITY_FUZZ_SEED"] ?? 20261123);
const budgetMs = Number(process.env["VELOCITY_FUZZ_MS"] ?? 1500);
const [first = "{}"] = readFileSync(
  new URL("../../golden/velocity-golden.jsonl", import.meta.url),
  "utf8",
).split("\n");
const context = reviveGolden(JSON.parse(first).context) as Record<string, unknown>;
const limits = { steps: 100_000, outputChars: 200_000, timeMs: 500 };

/** Compiles and renders in both dialects; answers what each printed, or its error's code. */
function answers(template: string): string[] {
  return (["1.7", "2.x"] as const).map((dialect) => {
    try {
      return compileTemplate(template, { name: "generated", dialect, limits }).render(context);
    } catch (error) {
      assert.ok(error instanceof VelocityError, `${JSON.stringify(template)} threw ${error}`);
      assert.ok(error.line >= 1 && error.column >= 1);
      return error.code;
    }
  });
}

/** Deletes, doubles or swaps pieces, so that most templates are broken somewhere. */
function damage(template: string, random: () => number): string {
  const from = Math.floor(random() * template.length);
  const to = Math.min(template.length, from + Math.floor(random() * 8));
  const piece = template.slice(from, to);
  const signs = ["", "#", "$", "{", "(", "[", '"', "'", "#end", "\\", ")", "}", piece + piece];
  return template.slice(0, from) + signs[Math.floor(random() * signs.length)] + template.slice(to);
}

test(`generated and damaged templates render or fail cleanly, twice the same (seed ${seed})`, () => {
  const deadline = performance.now() + budgetMs;
  const random = seededRandom(seed);
  const before = JSON.stringify(context);
  let count = 0;
  for (; performance.now() < deadline || count < 50; count++) {
    const template = new TemplateGenerator(seed + count).template();
    const candidate = count % 3 === 0 ? template : damage(template, random);
    assert.deepEqual(answers(candidate), answers(candidate), candidate);
  }
  assert.equal(JSON.stringify(context), before);
});
