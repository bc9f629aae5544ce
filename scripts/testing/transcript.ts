import { readFileSync } from "node:fs";
import type { Outcome } from "./outcome.ts";

/**
 * Secrets of the tests hold this mark, and so do those that tests plant in their configurations; it
 * must come out nowhere.
 */
export const secretMark = "planted-secret";

/**
 * Looks for secrets in everything that the processes of a run printed or answered: their logs, errors,
 * pages and metrics. Answers a failure for each secret that came out, without the secret itself.
 */
export function findLeaks(transcript: string, secrets: ReadonlyMap<string, string>): Outcome {
  const text = readOrEmpty(transcript);
  const failures = [...secrets].filter(([, secret]) => secret !== "" && text.includes(secret))
    .map(([name, secret]) => {
      const line = text.slice(0, text.indexOf(secret)).split("\n").length;
      const around = text.split("\n")[line - 1] ?? "";
      const detail = around.replaceAll(secret, "<the secret>").slice(0, 2_000);
      return { file: "every output of this run", name: `${name} came out`, detail };
    });
  return { passed: failures.length === 0 ? 1 : 0, skipped: 0, failures };
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}
