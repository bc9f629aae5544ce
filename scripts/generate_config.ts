import { configDocumentation } from "../src/config/documentation.ts";
import { configJsonSchema } from "../src/config/json_schema.ts";
import { settleGenerated } from "./generated_files.ts";

/** Writes what is generated from the configuration's schema; see `settleGenerated` for `--check`. */
settleGenerated([
  ["config/perigee.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
  ["docs/configuration.md", configDocumentation()],
]);
