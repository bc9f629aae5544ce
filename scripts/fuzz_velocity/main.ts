import { readFileSync } from "node:fs";
import { compileTemplate } from "../../src/message/velocity/compile.ts";
import { dialects, type Whitespace } from "../../src/message/velocity/dialect.ts";
import { VelocityError } from "../../src/message/velocity/error.ts";
import { TemplateGenerator } from "../../test/message/velocity/template_generator.ts";
import { reviveGolden } from "../../test/message/velocity/revive_golden.ts";
import { type Answer, askJava, hasJava, isSame, option } from "./ask_java.ts";
import { explanationOf } from "./explanations.ts";
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
  const answers = await askJava(
    { main: "Oracle", args: [whitespace], classpath },
    templates.map((template) => [raw, template]),
  );
  const tally = new Tally();
  templates.forEach((template, i) => {
    const ours = askOurs(context, template);
    const theirs = answers[i]!;
    if (isSame(ours, theirs)) return;
    const reason = explanationOf(dialect, template, ours, theirs);
    tally.note(reason, { seed: seed + i, template, theirs, ours });
  });
  return tally.finish(`${count} templates from seed ${seed}`);
}

process.exitCode =
  await (process.argv.includes("--formatters") ? fuzzFormatters() : fuzzTemplates());
