import { readFileSync } from "node:fs";
import { compileTemplate } from "../../src/message/velocity/compile.ts";
import { dialects, type Whitespace } from "../../src/message/velocity/dialect.ts";
import { VelocityError } from "../../src/message/velocity/error.ts";
import { TemplateGenerator } from "../../test/message/velocity/template_generator.ts";
import { reviveGolden } from "../../test/message/velocity/revive_golden.ts";
import { type Answer, askJava, hasJava, isSame, option } from "./ask_java.ts";
import { findExplanation } from "./explanations.ts";
import { fuzzFormatters } from "./fuzz_formatters.ts";
import { Tally } from "./tally.ts";

const debianJars = ["velocity", "commons-lang", "commons-collections3"].map((name) =>
  `/usr/share/java/${name}.jar`
);
const goldenPath = new URL("../../test/golden/velocity-golden.jsonl", import.meta.url);

/** Jars of the engine to compare with: Debian's 1.7, or those of `--classpath`, for 2.x. */
const classpath = option("classpath", debianJars.join(":")).split(":");
const dialect = option("dialect", "1.7") === "2.x" ? "2.x" : "1.7";
const whitespace = option("whitespace", dialects[dialect].whitespace) as Whitespace;

function askOurs(context: Record<string, unknown>, template: string): Answer {
  try {
    const compiled = compileTemplate(template, { name: "fuzz", dialect, whitespace });
    return { out: compiled.render(context, { tools: [] }) };
  } catch (error) {
    if (error instanceof VelocityError) return { error: error.message };
    throw new Error(`not a VelocityError for ${JSON.stringify(template)}`, { cause: error });
  }
}

/** A template, and what was already taken out of it that engines are known to differ about. */
interface Trial {
  readonly seed: number;
  readonly template: string;
  readonly reasons: readonly string[];
}

/** More reasons than a template has are a sign of an explanation that takes nothing out. */
const maxReasons = 12;

/** Counts a difference, or answers the template to ask about next: that without what explains it. */
function judge(trial: Trial, theirs: Answer, ours: Answer, tally: Tally): Trial | undefined {
  const { seed, template, reasons } = trial;
  if (isSame(ours, theirs)) {
    for (const reason of new Set(reasons)) tally.note(reason, { seed, template, theirs, ours });
    return undefined;
  }
  const explanation = findExplanation(dialect, template, ours, theirs);
  const without = explanation?.without?.(template);
  if (explanation === undefined || without === template || reasons.length > maxReasons) {
    tally.note(undefined, { seed, template, theirs, ours, reasons });
  } else if (without === undefined) {
    tally.note(explanation.reason, { seed, template, theirs, ours });
  } else {
    return { seed, template: without, reasons: [...reasons, explanation.reason] };
  }
  return undefined;
}

async function fuzzTemplates(): Promise<number> {
  if (!hasJava(classpath)) return 0;
  const seed = Number(option("seed", "1"));
  const count = Number(option("count", "20000"));
  const [first = "{}"] = readFileSync(goldenPath, "utf8").split("\n");
  const raw = (JSON.parse(first) as { context: unknown }).context;
  const context = reviveGolden(raw) as Record<string, unknown>;
  const templates = Array.from(
    { length: count },
    (_, i) => new TemplateGenerator(seed + i).template(),
  );
  const tally = new Tally();
  let round = templates.map((template, i): Trial => ({ seed: seed + i, template, reasons: [] }));
  while (round.length > 0) {
    const answers = await askJava(
      { main: "Oracle", args: [whitespace], classpath },
      round.map(({ template }) => [raw, template]),
    );
    round = round.flatMap((trial, i) => {
      const next = judge(trial, answers[i]!, askOurs(context, trial.template), tally);
      return next === undefined ? [] : [next];
    });
  }
  return tally.finish(`${count} templates from seed ${seed}`);
}

process.exitCode =
  await (process.argv.includes("--formatters") ? fuzzFormatters() : fuzzTemplates());
