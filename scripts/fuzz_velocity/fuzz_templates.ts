import { readFileSync } from "node:fs";
import { compileTemplate } from "../../src/message/velocity/compile.ts";
import { dialects, type Whitespace } from "../../src/message/velocity/dialect.ts";
import { VelocityError } from "../../src/message/velocity/error.ts";
import { TemplateGenerator } from "../../test/message/velocity/template_generator.ts";
import { reviveGolden } from "../../test/message/velocity/revive_golden.ts";
import { type Answer, askJava, hasJava, isSame, option } from "./ask_java.ts";
import type { Explanation } from "./explanation.ts";
import { findExplanation } from "./explanations.ts";
import { shrink } from "./shrink.ts";
import { Tally } from "./tally.ts";

const debianJars = ["velocity", "commons-lang", "commons-collections3"].map((name) =>
  `/usr/share/java/${name}.jar`
);
const goldenPath = new URL("../../test/golden/velocity-golden.jsonl", import.meta.url);

/** Jars of the engine to compare with: Debian's 1.7, or those of `--classpath`, for 2.x. */
const classpath = option("classpath", debianJars.join(":")).split(":");
const dialect = option("dialect", "1.7") === "2.x" ? "2.x" : "1.7";
const whitespace = option("whitespace", dialects[dialect].whitespace) as Whitespace;

const [first = "{}"] = readFileSync(goldenPath, "utf8").split("\n");
const raw = (JSON.parse(first) as { context: unknown }).context;
const context = reviveGolden(raw) as Record<string, unknown>;

function askOurs(template: string): Answer {
  try {
    const compiled = compileTemplate(template, { name: "fuzz", dialect, whitespace });
    return { out: compiled.render(context, { tools: [] }) };
  } catch (error) {
    if (error instanceof VelocityError) return { error: error.message };
    throw new Error(`not a VelocityError for ${JSON.stringify(template)}`, { cause: error });
  }
}

function askTheirs(templates: readonly string[]): Promise<Answer[]> {
  const requests = templates.map((template) => [raw, template]);
  return askJava({ main: "Oracle", args: [whitespace], classpath }, requests);
}

/** A template, and what was already taken out of it that engines are known to differ about. */
interface Trial {
  readonly seed: number;
  readonly template: string;
  readonly reasons: readonly string[];
}

interface Difference {
  readonly seed: number;
  readonly template: string;
  readonly theirs: Answer;
  readonly ours: Answer;
}

/** More reasons than a template has are a sign of an explanation that takes nothing out. */
const maxReasons = 12;

/** The template without what explains its difference; undefined where nothing takes it away. */
function withoutExplained(
  { template, reasons }: Trial,
  explanation: Explanation | undefined,
): string | undefined {
  const without = explanation?.without?.(template);
  return without === template || reasons.length > maxReasons ? undefined : without;
}

/** Counts a difference, or answers the template to ask about next: that without what explains it. */
function judge(trial: Trial, theirs: Answer, tally: Tally<Difference>): Trial | undefined {
  const { seed, template, reasons } = trial;
  const ours = askOurs(template);
  if (isSame(ours, theirs)) {
    for (const reason of new Set(reasons)) tally.note(reason, { seed, template, theirs, ours });
    return undefined;
  }
  const explanation = findExplanation(dialect, template, ours, theirs);
  if (explanation !== undefined && explanation.without === undefined) {
    tally.note(explanation.reason, { seed, template, theirs, ours });
    return undefined;
  }
  const without = withoutExplained(trial, explanation);
  if (without !== undefined) {
    return { seed, template: without, reasons: [...reasons, explanation!.reason] };
  }
  tally.note(undefined, { seed, template, theirs, ours });
  return undefined;
}

/** A failure without the places that it names, which move as a template gets shorter. */
function kindOf({ error }: Answer): string | undefined {
  return error?.replace(/\bat [^]*|\d+/g, "");
}

/** Whether both sides differ about a template as they do about the one before it. */
function isLike(template: string, theirs: Answer, before: Difference): boolean {
  const ours = askOurs(template);
  return !isSame(ours, theirs) && kindOf(theirs) === kindOf(before.theirs) &&
    kindOf(ours) === kindOf(before.ours) &&
    findExplanation(dialect, template, ours, theirs) === undefined;
}

/** Prints templates that show the same differences in as few signs as can be. */
async function printShrunk(differences: readonly Difference[]): Promise<void> {
  const templates = differences.map(({ template }) => template);
  const short = await shrink(templates, async (candidates) => {
    const answers = await askTheirs(candidates.map(({ text }) => text));
    return candidates.map(({ of, text }, i) => isLike(text, answers[i]!, differences[of]!));
  });
  const answers = await askTheirs(short);
  short.forEach((template, i) => {
    console.log(JSON.stringify({ template, theirs: answers[i], ours: askOurs(template) }));
  });
}

/**
 * Compares what the engines print for generated templates; `--shrink` shows differences without an
 * explanation in short. Answers the exit code.
 */
export async function fuzzTemplates(): Promise<number> {
  if (!hasJava(classpath)) return 0;
  const seed = Number(option("seed", "1"));
  const count = Number(option("count", "20000"));
  const tally = new Tally<Difference>();
  let round = Array.from({ length: count }, (_, i): Trial => {
    return { seed: seed + i, template: new TemplateGenerator(seed + i).template(), reasons: [] };
  });
  while (round.length > 0) {
    const answers = await askTheirs(round.map(({ template }) => template));
    round = round.flatMap((trial, i) => judge(trial, answers[i]!, tally) ?? []);
  }
  if (process.argv.includes("--shrink")) {
    await printShrunk(tally.unexplained);
  }
  return tally.finish(`${count} templates from seed ${seed}`);
}
