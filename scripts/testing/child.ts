import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import process from "node:process";

/** The processes of this run, to be ended when the run is broken off. */
export type Children = Set<ChildProcess>;

/** A run that takes longer hangs: it is ended, and fails. Several times what the whole suite needs. */
const limitMs = 20 * 60_000;

/** What to start. */
export interface ChildOptions {
  readonly file: string;
  readonly given: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly children: Children;
  /** Hears each piece of standard output; it is kept too. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program to its end; `output` is what it wrote to standard output and error, in turn. */
export function runChild(options: ChildOptions): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.file, [...options.given], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      detached: true,
    });
    options.children.add(child);
    let output = "";
    const transcript = options.env["PERIGEE_TEST_TRANSCRIPT"];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
    child.on("error", reject);
    const limit = setTimeout(() => {
      output += `\nended after ${limitMs / 60_000} minutes`;
      endChildren(new Set([child]));
    }, limitMs);
    child.on("close", (code) => {
      clearTimeout(limit);
      options.children.delete(child);
      if (transcript !== undefined) appendFileSync(transcript, output);
      resolve({ exitCode: code ?? 1, output });
    });
  });
}

/** Ends the processes and all that they started. */
export function endChildren(children: Children): void {
  for (const { pid } of children) {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  }
}
