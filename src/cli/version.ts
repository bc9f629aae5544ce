import { runtimeName } from "../runtime.ts";
import { readVersion } from "../version.ts";
import type { Command } from "./command.ts";

/** `perigee version`: the version of this program and of what runs it. */
export const version: Command = {
  name: "version",
  summary: "print the version of Perigee and of its runtime",
  usage: "",
  options: [],
  examples: ["perigee version", "perigee version --json"],
  async run(input, io) {
    const [perigee, runtime] = [await readVersion(), runtimeName()];
    if (input.values["json"] === true) io.out(`${JSON.stringify({ perigee, runtime })}\n`);
    else io.out(`perigee ${perigee} on ${runtime}\n`);
    return 0;
  },
};
