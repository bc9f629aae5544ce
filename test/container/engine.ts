import { spawn } from "node:child_process";
import process from "node:process";

/** A program that builds images. */
export interface Engine {
  readonly name: "docker" | "podman" | "buildah";
  /** The program and the words that come before a verb. */
  readonly words: readonly string[];
}

/** How a program ended, and what it wrote to both its streams. */
export interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

/** Asks each whether it can work: docker needs its daemon, the others only themselves. */
const questions: readonly (readonly [Engine["name"], readonly string[]])[] = [
  ["docker", ["info"]],
  ["podman", ["info"]],
  ["buildah", ["info"]],
];

/**
 * The first of docker, podman and buildah that works here; `CONTAINER_ENGINE` names another order or
 * further words, such as `podman --runtime runc`. Undefined where there is none.
 */
export async function findEngine(): Promise<Engine | undefined> {
  const given = process.env["CONTAINER_ENGINE"]?.split(" ");
  for (const [name, question] of questions) {
    if (given !== undefined && given[0] !== name) continue;
    const words = given ?? [name];
    const { exitCode } = await run([...words, ...question]);
    if (exitCode === 0) return { name, words };
  }
  return undefined;
}

/** Runs a program to its end; 127 where there is no such program. */
export function run(words: readonly string[], limitMs = 300_000): Promise<Ended> {
  const [program = "", ...rest] = words;
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      // Without a daemon that has the rights, buildah changes its root and no more.
      env: { BUILDAH_ISOLATION: "chroot", ...process.env },
      timeout: limitMs,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
    child.once("error", () => resolve({ exitCode: 127, output: `there is no ${program}` }));
    child.once("close", (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

/** As `run`; throws with everything it printed unless it exits with 0. */
export async function require(words: readonly string[], limitMs?: number): Promise<string> {
  const { exitCode, output } = await run(words, limitMs);
  if (exitCode === 0) return output.trim();
  throw new Error(
    `${words.slice(0, 6).join(" ")} … ended with ${exitCode}:\n${output.slice(-4_000)}`,
  );
}
