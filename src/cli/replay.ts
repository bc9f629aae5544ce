import { replayDeliveries } from "../event/replay_deliveries.ts";
import type { Command } from "./command.ts";
import { isJson, momentOption, requireNamed, textOption, withWorkplace } from "./workplace.ts";

/** `perigee replay`: deliver dead letters once more. */
export const replay: Command = {
  name: "replay",
  summary: "deliver dead letters once more, under the ids that they had",
  usage: "[--sink <name>] [--trigger <name>] [--since <moment>] [--delivered] [--preview]",
  options: [
    { name: "sink", type: "string", placeholder: "name", help: "only those of this sink" },
    { name: "trigger", type: "string", placeholder: "name", help: "only events of this trigger" },
    { name: "since", type: "string", placeholder: "moment", help: "only those that ended since" },
    { name: "delivered", type: "boolean", help: "also what was delivered" },
    { name: "preview", type: "boolean", help: "count them and change nothing" },
  ],
  examples: [
    "perigee replay --sink crm --preview",
    "perigee replay --trigger birthday --since 2026-05-01T00:00:00Z",
  ],
  run: (input, io) =>
    withWorkplace(input, io, async ({ config, hub }) => {
      const [sink, trigger] = [textOption(input, "sink"), textOption(input, "trigger")];
      const isPreview = input.values["preview"] === true;
      const counts = await replayDeliveries(hub.sql, {
        sink: sink === undefined ? undefined : requireNamed(sink, "sink", config.sinks).name,
        trigger: trigger === undefined
          ? undefined
          : requireNamed(trigger, "trigger", config.triggers).name,
        since: momentOption(input, "since")?.toISOString(),
        includesDelivered: input.values["delivered"] === true,
        isPreview,
      });
      if (isJson(input)) io.out(`${JSON.stringify({ isPreview, counts })}\n`);
      else if (counts.length === 0) io.out("nothing to replay\n");
      for (const { sink: name, dead, delivered } of isJson(input) ? [] : counts) {
        io.out(`sink/${name}: ${dead} dead letters, ${delivered} delivered\n`);
      }
      return 0;
    }),
};
