import type { Observation } from "../observe/observation.ts";
import { type Command, configFolder } from "./command.ts";
import { openCommandHub } from "./open_command_hub.ts";
import { isJson } from "./workplace.ts";

/** `perigee migrate`: the hub's schema, without starting the daemon. */
export const migrate: Command = {
  name: "migrate",
  summary: "bring the hub to this version's schema; the daemon does so at its start",
  usage: "",
  options: [],
  examples: ["perigee migrate"],
  async run(input, io) {
    const seen: Observation[] = [];
    const hub = await openCommandHub(configFolder(input, io), io, (each) => seen.push(each));
    await hub.close(1_000);
    for (const each of seen) {
      if (each.kind !== "hub_migrated") continue;
      const { applied, version } = each;
      if (isJson(input)) io.out(`${JSON.stringify({ applied, version })}\n`);
      else io.out(`the hub is at ${version}; applied now: ${applied.join(", ") || "nothing"}\n`);
    }
    return 0;
  },
};
