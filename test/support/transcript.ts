import { appendFileSync } from "node:fs";
import process from "node:process";

/**
 * Adds what a process of the tests printed or answered to the run's transcript, in which the runner
 * looks for secrets at the end. Does nothing where tests are run without the runner.
 */
export function recordOutput(text: string): void {
  const file = process.env["PERIGEE_TEST_TRANSCRIPT"];
  if (file !== undefined && text !== "") appendFileSync(file, `${text}\n`);
}
