import type { DatasetName } from "../dataset/datasets.ts";
import { resyncExport } from "../export/resync_export.ts";
import type { Command } from "./command.ts";
import { isJson, requireEntry, requireNamed, textOption, withWorkplace } from "./workplace.ts";

/** `perigee resync`: compare everything again at the next run. */
export const resync: Command = {
  name: "resync",
  summary: "let an export's next run compare its tables in full and merge what differs",
  usage: "export/<name> [--dataset <name>]",
  options: [{
    name: "dataset",
    type: "string",
    placeholder: "name",
    help: "only this dataset (default: all of the export)",
  }],
  examples: ["perigee resync export/shop", "perigee resync export/shop --dataset orders"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const config = requireEntry(input, "export", place.config.exports);
      const word = textOption(input, "dataset");
      const known = new Map(config.datasets.map((name): [string, DatasetName] => [name, name]));
      const wanted = word === undefined ? config.datasets : [requireNamed(word, "dataset", known)];
      const marked = await resyncExport(config, place, wanted);
      if (isJson(input)) io.out(`${JSON.stringify({ export: config.name, marked })}\n`);
      else io.out(`${marked.join(", ") || "nothing"}: compared in full at the next run\n`);
      return 0;
    }),
};
