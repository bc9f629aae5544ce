import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { explain } from "./explain.ts";
import { forget } from "./forget.ts";
import { grants } from "./grants.ts";
import { health } from "./health.ts";
import { importCommand } from "./import.ts";
import { migrate } from "./migrate.ts";
import { plan } from "./plan.ts";
import { reload } from "./reload.ts";
import { render } from "./render.ts";
import { replay } from "./replay.ts";
import { resync } from "./resync.ts";
import { run } from "./run.ts";
import { sample } from "./sample.ts";
import { schema } from "./schema.ts";
import { seed } from "./seed.ts";
import { segment } from "./segment.ts";
import { sink } from "./sink.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { testCommand } from "./test.ts";
import { verify } from "./verify.ts";
import { version } from "./version.ts";

/** Every verb of the command line, in the order of the overview. */
export const commands: readonly Command[] = [
  start,
  check,
  status,
  run,
  plan,
  verify,
  resync,
  importCommand,
  segment,
  explain,
  testCommand,
  render,
  replay,
  sink,
  forget,
  grants,
  sample,
  seed,
  schema,
  migrate,
  reload,
  health,
  version,
];
