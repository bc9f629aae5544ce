import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/model.ts";
import { formatProblem } from "../config/problem.ts";
import { secretsOf } from "../config/secrets.ts";
import { PerigeeError } from "../error.ts";
import type { CommandIo } from "./command.ts";

/**
 * Loads the configuration or throws PG920 after all its problems were printed. Warnings are printed
 * and do not stop anything.
 */
export async function requireConfig(
  folder: string,
  io: CommandIo,
): Promise<{ readonly config: Config; readonly files: readonly string[] }> {
  const loaded = await loadConfig(folder, { env: io.env });
  const problems = loaded.ok ? loaded.warnings : [...loaded.problems, ...loaded.warnings];
  for (const problem of problems) io.err(`${formatProblem(problem, { colour: io.isTerminal })}\n`);
  if (loaded.ok) {
    io.learnSecrets?.(secretsOf(loaded.config));
    return loaded;
  }
  const count = loaded.problems.length;
  throw new PerigeeError(
    `the configuration in ${folder} has ${count} ${count === 1 ? "problem" : "problems"}`,
    { kind: "config", code: "PG920", advice: "Correct what is listed above." },
  );
}
