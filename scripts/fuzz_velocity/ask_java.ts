import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What an engine made of a request. */
export interface Answer {
  readonly out?: string;
  readonly error?: string;
}

const folder = new URL(".", import.meta.url).pathname;

/** Whether there are a JDK and the jars; says what is missing where not. */
export function hasJava(classpath: readonly string[]): boolean {
  const hasJdk = spawnSync("javac", ["-version"]).status === 0;
  if (hasJdk && classpath.every((jar) => existsSync(jar))) return true;
  console.log(
    "skipped: needs a JDK and Debian's package 'velocity' (apt-get install velocity default-jdk-headless)",
  );
  return false;
}

/** Compiles the class of this folder, hands it one request a line and answers what it answers. */
export async function askJava(
  { main, args = [], classpath }: {
    readonly main: string;
    readonly args?: readonly string[];
    readonly classpath: readonly string[];
  },
  requests: readonly unknown[],
): Promise<Answer[]> {
  const classes = mkdtempSync(join(tmpdir(), "fuzz-velocity-"));
  const path = [classes, ...classpath].join(":");
  try {
    const sources = [`${main}.java`, "Json.java"].map((name) => join(folder, name));
    const compiled = spawnSync("javac", ["-nowarn", "-cp", path, "-d", classes, ...sources]);
    if (compiled.status !== 0) throw new Error(`javac failed: ${compiled.stderr}`);
    const java = spawn("java", ["-Xss4m", "-cp", path, main, ...args], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    java.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
    const answers: Answer[] = [];
    for await (const line of createInterface({ input: java.stdout })) {
      answers.push(JSON.parse(line) as Answer);
    }
    if (answers.length !== requests.length) {
      throw new Error(`asked ${requests.length} times, got ${answers.length} answers`);
    }
    return answers;
  } finally {
    rmSync(classes, { recursive: true });
  }
}

/** Whether both printed the same, or both failed. */
export function isSame(left: Answer, right: Answer): boolean {
  return left.out === undefined ? right.out === undefined : left.out === right.out;
}

/** What `--name value` says on the command line. */
export function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? undefined : process.argv[at + 1]) ?? fallback;
}
