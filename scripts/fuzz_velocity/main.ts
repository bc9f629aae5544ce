import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compileTemplate } from "../../src/message/velocity/compile.ts";
import { dialects, type Whitespace } from "../../src/message/velocity/dialect.ts";
import { VelocityError } from "../../src/message/velocity/error.ts";
import { TemplateGenerator } from "../../test/message/velocity/template_generator.ts";
import { reviveGolden } from "../../test/message/velocity/revive_golden.ts";
import { explanationOf } from "./explanations.ts";

/** What an engine made of a template. */
interface Answer {
  readonly out?: string;
  readonly error?: string;
}

const folder = new URL(".", import.meta.url).pathname;
const debianJars = ["velocity", "commons-lang", "commons-collections3"].map((name) =>
  `/usr/share/java/${name}.jar`
);
const goldenPath = new URL("../../test/golden/velocity-golden.jsonl", import.meta.url);

/** What `--name value` says on the command line. */
function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? undefined : process.argv[at + 1]) ?? fallback;
}

/** Jars of the engine to compare with: Debian's 1.7, or those of `--classpath`, for 2.x. */
const classpath = option("classpath", debianJars.join(":"));
const dialect = option("dialect", "1.7") === "2.x" ? "2.x" : "1.7";
const whitespace = option("whitespace", dialects[dialect].whitespace) as Whitespace;

/** Says what is missing, and ends well: this is a tool for machines that have a JDK. */
function requireTools(): boolean {
  const hasJdk = spawnSync("javac", ["-version"]).status === 0;
  if (hasJdk && classpath.split(":").every((jar) => existsSync(jar))) return true;
  console.log(
    "skipped: needs a JDK and Debian's package 'velocity' (apt-get install velocity default-jdk-headless)",
  );
  return false;
}

/** Asks Apache's engine for all templates at once. */
async function askOracle(context: unknown, templates: readonly string[]): Promise<Answer[]> {
  const classes = mkdtempSync(join(tmpdir(), "fuzz-velocity-"));
  try {
    const compiled = spawnSync("javac", [
      "-nowarn",
      "-cp",
      classpath,
      "-d",
      classes,
      join(folder, "Oracle.java"),
    ]);
    if (compiled.status !== 0) throw new Error(`javac failed: ${compiled.stderr}`);
    const java = spawn("java", ["-Xss4m", "-cp", `${classes}:${classpath}`, "Oracle", whitespace], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    java.stdin.end(
      templates.map((template) => `${JSON.stringify([context, template])}\n`).join(""),
    );
    const answers: Answer[] = [];
    for await (const line of createInterface({ input: java.stdout })) {
      answers.push(JSON.parse(line) as Answer);
    }
    if (answers.length !== templates.length) {
      throw new Error(`asked ${templates.length} templates, got ${answers.length} answers`);
    }
    return answers;
  } finally {
    rmSync(classes, { recursive: true });
  }
}

function askOurs(context: Record<string, unknown>, template: string): Answer {
  try {
    const compiled = compileTemplate(template, { name: "fuzz", dialect, whitespace });
    return { out: compiled.render(context, { tools: [] }) };
  } catch (error) {
    if (error instanceof VelocityError) return { error: error.message };
    throw new Error(`not a VelocityError for ${JSON.stringify(template)}`, { cause: error });
  }
}

function isSame(left: Answer, right: Answer): boolean {
  return left.out === undefined ? right.out === undefined : left.out === right.out;
}

async function main(): Promise<number> {
  if (!requireTools()) return 0;
  const seed = Number(option("seed", "1"));
  const count = Number(option("count", "20000"));
  const [first = "{}"] = readFileSync(goldenPath, "utf8").split("\n");
  const raw = (JSON.parse(first) as { context: unknown }).context;
  const context = reviveGolden(raw) as Record<string, unknown>;
  const templates = Array.from(
    { length: count },
    (_, i) => new TemplateGenerator(seed + i).template(),
  );
  const answers = await askOracle(raw, templates);
  const explained = new Map<string, number>();
  let unexplained = 0;
  templates.forEach((template, i) => {
    const ours = askOurs(context, template);
    const theirs = answers[i]!;
    if (isSame(ours, theirs)) return;
    const reason = explanationOf(dialect, template, ours, theirs);
    if (reason !== undefined) {
      explained.set(reason, (explained.get(reason) ?? 0) + 1);
    } else if (++unexplained <= Number(option("show", "20"))) {
      console.log(JSON.stringify({ seed: seed + i, template, theirs, ours }));
    }
  });
  for (const [reason, times] of explained) console.log(`explained ${times} times: ${reason}`);
  console.log(
    `${count} templates from seed ${seed}: ${unexplained} differences without an explanation`,
  );
  return unexplained === 0 ? 0 : 1;
}

process.exitCode = await main();
