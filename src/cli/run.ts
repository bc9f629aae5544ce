import { previewTrigger } from "../trigger/preview_trigger.ts";
import { resyncExport } from "../export/resync_export.ts";
import type { Command, CommandInput, CommandIo } from "./command.ts";
import { reportRun } from "./report_run.ts";
import { runByHand } from "./run_by_hand.ts";
import {
  isJson,
  momentOption,
  requireNamed,
  usage,
  withWorkplace,
  type Workplace,
} from "./workplace.ts";

/** `perigee run`: one run by hand, beside a running daemon. */
export const run: Command = {
  name: "run",
  summary: "run one import, segment, trigger or export now, beside a running daemon",
  usage: "<kind>/<name> [--at <moment>] [--full] [--confirm] [--dry-run]",
  options: [
    { name: "at", type: "string", placeholder: "moment", help: "the tick to run (default: now)" },
    { name: "full", type: "boolean", help: "exports: compare the tables in full" },
    {
      name: "confirm",
      type: "boolean",
      help: "imports: remove more contacts than the guard allows",
    },
    { name: "dry-run", type: "boolean", help: "triggers: say who would get an event" },
  ],
  examples: [
    "perigee run export/shop --full",
    "perigee run import/customers --json",
    "perigee run trigger/birthday --dry-run",
  ],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const [name, ...more] = input.positionals;
      if (name === undefined || more.length > 0) {
        throw usage("run takes one name, such as export/shop");
      }
      const scheduledAt = momentOption(input, "at") ?? place.now;
      if (input.values["dry-run"] === true) {
        return await preview(name, scheduledAt, input, io, place);
      }
      const confirmed = { ...place, isConfirmed: input.values["confirm"] === true };
      if (input.values["full"] === true) {
        await resyncExport(requireNamed(name, "export", place.config.exports), place);
      }
      return reportRun(name, await runByHand(name, scheduledAt, io, confirmed), isJson(input), io);
    }),
};

async function preview(
  name: string,
  scheduledAt: Date,
  input: CommandInput,
  io: CommandIo,
  place: Workplace,
): Promise<number> {
  const trigger = requireNamed(name, "trigger", place.config.triggers);
  const seen = await previewTrigger(trigger, scheduledAt, place);
  if (isJson(input)) io.out(`${JSON.stringify(seen)}\n`);
  else {
    io.out(
      `${seen.due} of ${seen.members} members would get an event, to ${seen.sinks.join(", ")}\n`,
    );
    io.out(`contacts: ${seen.contactIds.join(", ") || "none"}\n`);
    if (seen.sample !== undefined) io.out(`${JSON.stringify(seen.sample, null, 2)}\n`);
  }
  return 0;
}
