import { previewTrigger } from "../trigger/preview_trigger.ts";
import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { narrowExport } from "../export/narrow_export.ts";
import { resyncExport } from "../export/resync_export.ts";
import { runExport } from "../export/run_export.ts";
import type { Job } from "../schedule/job.ts";
import type { Command, CommandInput, CommandIo } from "./command.ts";
import { reportRun } from "./report_run.ts";
import { runByHand } from "./run_by_hand.ts";
import {
  isJson,
  momentOption,
  requireNamed,
  textOption,
  usage,
  withWorkplace,
  type Workplace,
} from "./workplace.ts";

/** `perigee run`: one run by hand, beside a running daemon. */
export const run: Command = {
  name: "run",
  summary: "run one import, segment, trigger or export now, beside a running daemon",
  usage: "<kind>/<name> [--at <moment>] [--full] [--dataset <name>] [--confirm] [--dry-run]",
  options: [
    { name: "at", type: "string", placeholder: "moment", help: "the tick to run (default: now)" },
    { name: "full", type: "boolean", help: "exports: compare the tables in full" },
    {
      name: "dataset",
      type: "string",
      placeholder: "name",
      help: "exports: only this dataset (orders and their items go together)",
    },
    {
      name: "confirm",
      type: "boolean",
      help: "imports: remove more contacts than the guard allows",
    },
    { name: "dry-run", type: "boolean", help: "triggers: say who would get an event" },
  ],
  examples: [
    "perigee run export/shop --full",
    "perigee run export/shop --dataset contacts",
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
      const part = exportPart(name, input, place);
      if (input.values["full"] === true) {
        const whole = requireNamed(name, "export", place.config.exports);
        await resyncExport(whole, place, part?.datasets);
      }
      const narrow = part === undefined ? undefined : (job: Job): Job => ({
        ...job,
        supersedesOlder: false,
        work: async (context) => ({ ...await runExport(part, context, place), partial: 1 }),
      });
      const result = await runByHand(name, scheduledAt, io, confirmed, narrow);
      return reportRun(name, result, isJson(input), io);
    }),
};

/** The export of the dataset that the user named, or undefined where none was. */
function exportPart(
  name: string,
  input: CommandInput,
  { config }: Workplace,
): ExportConfig | undefined {
  const word = textOption(input, "dataset");
  if (word === undefined) return undefined;
  const whole = requireNamed(name, "export", config.exports);
  const known = new Map(whole.datasets.map((each): [string, DatasetName] => [each, each]));
  return narrowExport(whole, requireNamed(word, "dataset", known));
}

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
