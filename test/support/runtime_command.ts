import process from "node:process";

import { isDeno } from "../../src/runtime.ts";

/** Program and arguments that run a TypeScript file on the runtime that this test runs on. */
export function runtimeCommand(file: string, given: readonly string[] = []): [string, string[]] {
  const before = isDeno ? ["run", "--allow-all", "--no-check"] : ["--import", "tsx"];
  return [process.execPath, [...before, file, ...given]];
}
