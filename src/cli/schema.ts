import { configJsonSchema } from "../config/json_schema.ts";
import type { Command } from "./command.ts";

/** `perigee schema`: the configuration's shape, for editors. */
export const schema: Command = {
  name: "schema",
  summary: "print the JSON Schema of the configuration files",
  usage: "",
  options: [],
  examples: ["perigee schema > perigee.schema.json"],
  run(_input, io) {
    io.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return Promise.resolve(0);
  },
};
