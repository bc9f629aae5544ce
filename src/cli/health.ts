import { type Command, configFolder } from "./command.ts";
import { requireConfig } from "./require_config.ts";

/** How long the daemon may take to answer, ms; containers' health checks wait about as long. */
const limitMs = 4_000;

/** `perigee health`: the exit code for a container's health check. */
export const health: Command = {
  name: "health",
  summary: "ask the daemon of this configuration whether it lives; for health checks",
  usage: "[--ready]",
  options: [{ name: "ready", type: "boolean", help: "ask whether it is ready instead" }],
  examples: ["perigee health", "perigee health --ready"],
  async run(input, io) {
    const { config } = await requireConfig(configFolder(input, io), io);
    const { host, port } = config.server;
    const reached = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    const path = input.values["ready"] === true ? "ready" : "live";
    const url = `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}/health/${path}`;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
      io.out(`${await answer.text()}\n`);
      return answer.ok ? 0 : 1;
    } catch {
      if (input.values["json"] === true) {
        io.out(`${JSON.stringify({ status: "unreachable", url })}\n`);
      } else io.err(`nothing answers at ${url}\n`);
      return 1;
    }
  },
};
