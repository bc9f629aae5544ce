import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { importCsv } from "../import/import_csv.ts";
import { ProgressTeller } from "../observe/progress.ts";
import type { Command } from "./command.ts";
import { openRunner } from "./open_runner.ts";
import { reportRun } from "./report_run.ts";
import { withProgress } from "./with_progress.ts";
import {
  isJson,
  numberOption,
  requireNamed,
  textOption,
  usage,
  withWorkplace,
} from "./workplace.ts";

/** Rows that one file may have unless --max-rows says otherwise. */
const defaultMaxRows = 10_000_000;

/** `perigee import`: one CSV file. */
export const importCommand: Command = {
  name: "import",
  summary: "import a CSV file once, with the key of a connector and the mapping of an import",
  usage: "<file.csv> --connector <name> [--mapping <import>] [--max-rows <n>]",
  options: [
    {
      name: "connector",
      type: "string",
      placeholder: "name",
      help: "whose contact key identifies rows",
    },
    {
      name: "mapping",
      type: "string",
      placeholder: "import",
      help: "columns as this import maps them",
    },
    { name: "max-rows", type: "string", placeholder: "n", help: "more rows than this are refused" },
  ],
  examples: [
    "perigee import contacts.csv --connector shop",
    "perigee import contacts.csv --connector shop --mapping customers",
  ],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const [file, ...more] = input.positionals;
      const connectorName = textOption(input, "connector");
      if (file === undefined || more.length > 0 || connectorName === undefined) {
        throw usage("import takes one file and --connector");
      }
      const connector = requireNamed(connectorName, "connector", place.config.connectors);
      const mappingName = textOption(input, "mapping");
      const mapped = mappingName === undefined
        ? undefined
        : requireNamed(mappingName, "import", place.config.imports);
      const name = `import/${path.basename(file)}`;
      const { size } = await stat(file).catch(() => ({ size: undefined }));
      const { runner } = openRunner(place, io);
      const result = await withProgress(io, (observe) => {
        const what = path.basename(file);
        const progress = new ProgressTeller(observe, { name, what, unit: "bytes" });
        progress.begin("copied", size);
        return runner.run({
          name,
          scheduledAt: place.now,
          cause: "command",
          isRetry: false,
          supersedesOlder: true,
          work: (context) =>
            importCsv(
              {
                name,
                file: createReadStream(file),
                key: connector.key,
                mapping: mapped?.mapping,
                dataset: mapped?.dataset ?? "contacts",
                defaultCountry: mapped?.defaultCountry,
                maxRows: numberOption(input, "max-rows") ?? defaultMaxRows,
                onProgress: (bytes) => progress.reach(bytes),
              },
              context,
              place,
            ),
        });
      });
      return reportRun(name, result, isJson(input), io);
    }),
};
