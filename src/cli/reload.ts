import type { Command } from "./command.ts";
import { isJson, withWorkplace } from "./workplace.ts";

/** `perigee reload`: ask every daemon on the hub for a reload. */
export const reload: Command = {
  name: "reload",
  summary: "ask all daemons on the hub to load their configuration again",
  usage: "",
  options: [],
  examples: ["perigee reload"],
  run: (input, io) =>
    withWorkplace(input, io, async ({ hub }) => {
      await hub.sql`select pg_notify('perigee', 'reload')`;
      if (isJson(input)) io.out(`${JSON.stringify({ isAsked: true })}\n`);
      else io.out("asked; each daemon logs what changed, or why it keeps what it has\n");
      return 0;
    }),
};
