import process from "node:process";
import { readCases, runCase, writeOutput } from "./broken_case.ts";

/**
 * `npx tsx test/config/write_broken_output.ts`: writes what the loader now says into the cases of
 * test/config/broken, to be read before it is committed.
 */
for (const broken of readCases()) {
  const { output } = await runCase(broken);
  if (output === broken.parts.get("output")) continue;
  writeOutput(broken, output);
  process.stdout.write(`${broken.name}\n`);
}
