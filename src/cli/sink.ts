import { setSinkPaused } from "../event/sink_command.ts";
import type { Command } from "./command.ts";
import { isJson, requireNamed, usage, withWorkplace } from "./workplace.ts";

/** `perigee sink`: pause and resume deliveries. */
export const sink: Command = {
  name: "sink",
  summary: "pause or resume a sink for all daemons; it stays so over restarts",
  usage: "(pause | resume) <name>",
  options: [],
  examples: ["perigee sink pause crm", "perigee sink resume crm"],
  run: (input, io) =>
    withWorkplace(input, io, async ({ config, hub }) => {
      const [action, word] = input.positionals;
      if ((action !== "pause" && action !== "resume") || word === undefined) {
        throw usage("sink takes pause or resume, and a name");
      }
      const { name } = requireNamed(word, "sink", config.sinks);
      const hasChanged = await setSinkPaused(hub.sql, name, action === "pause");
      if (isJson(input)) io.out(`${JSON.stringify({ sink: name, action, hasChanged })}\n`);
      else io.out(`sink/${name} ${hasChanged ? "is" : "was already"} ${action}d\n`);
      return 0;
    }),
};
