import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { grants } from "./grants.ts";
import { run } from "./run.ts";
import { seed } from "./seed.ts";
import { start } from "./start.ts";
import { version } from "./version.ts";

/** Every verb of the command line, in the order of the overview. */
export const commands: readonly Command[] = [start, check, run, grants, seed, version];
