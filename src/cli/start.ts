import { systemClock } from "../clock.ts";
import { startDaemon } from "../daemon.ts";
import { openLog } from "../observe/log.ts";
import { secretsOf } from "../config/secrets.ts";
import { describeFirstSteps } from "../sample/first_steps.ts";
import { hasSample } from "../sample/start_sample.ts";
import { type Command, configFolder } from "./command.ts";
import { requireConfig } from "./require_config.ts";

/** `perigee start`: the daemon, until a signal ends it. */
export const start: Command = {
  name: "start",
  summary: "run the daemon: schedules, wake-ups, deliveries and the HTTP server",
  usage: "[--config <folder>]",
  options: [],
  examples: ["perigee start", "perigee start --config /etc/perigee"],
  async run(input, io) {
    const folder = configFolder(input, io);
    const config = await requireConfig(folder, io);
    const observe = openLog({
      isTerminal: io.isTerminal && input.values["json"] !== true,
      secrets: secretsOf(config),
    });
    observe({ kind: "config_loaded", folder, hash: config.hash });
    const daemon = await startDaemon({ config, clock: systemClock, observe });
    if (hasSample(config)) {
      void daemon.caughtUp.then(() => {
        for (const text of describeFirstSteps(daemon.config, daemon.url)) {
          observe({ kind: "progress", text });
        }
      });
    }
    const reason = await new Promise<string>((resolve) => {
      if (io.signal.aborted) return resolve(String(io.signal.reason));
      io.signal.addEventListener("abort", () => resolve(String(io.signal.reason)), { once: true });
    });
    const unfinished = await daemon.stop(reason);
    return unfinished === 0 ? 0 : 1;
  },
};
