import { spawn } from "node:child_process";
import process from "node:process";

import type { SystemUser } from "./system_user.ts";

/** What a program that has ended left behind. */
export interface ProgramResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, as another user where one is given, in the folder `/`, and with an
 * environment that has no settings of Postgres in it. Never throws for what the program does; a
 * program that cannot be started has the exit code 127 and says why in `stderr`.
 */
export function runProgram(
  file: string,
  given: readonly string[],
  user?: SystemUser,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, [...given], {
      cwd: "/",
      env: programEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => stdout += String(chunk));
    child.stderr.on("data", (chunk) => stderr += String(chunk));
    child.on("error", (error) => resolve({ exitCode: 127, stdout, stderr: error.message }));
    child.on("close", (code) => resolve({ exitCode: code ?? undefined, stdout, stderr }));
  });
}

/** PATH alone, and messages in English; PGDATA, PGPORT and the like must not reach the server. */
export function programEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}
