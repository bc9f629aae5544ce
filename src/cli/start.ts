import process from "node:process";
import { setTimeout } from "node:timers";
import { systemClock } from "../clock.ts";
import { loadConfig } from "../config/load.ts";
import { secretsOf } from "../config/secrets.ts";
import { startDaemon } from "../daemon.ts";
import { isLogLevel, openLog } from "../observe/log.ts";
import { describeFirstSteps } from "../sample/first_steps.ts";
import { hasSample } from "../sample/start_sample.ts";
import { aborted } from "./aborted.ts";
import { type Command, configFolder } from "./command.ts";
import { requireConfig } from "./require_config.ts";
import { watchFiles } from "./watch_files.ts";

/** How long the log's last lines get to be written after everything has stopped, ms. */
const lastWordsMs = 1_000;

/** `perigee start`: the daemon, until a signal ends it. */
export const start: Command = {
  name: "start",
  summary: "run the daemon: schedules, wake-ups, deliveries and the HTTP server",
  usage: "[--config <folder>]",
  options: [],
  examples: ["perigee start", "perigee start --config /etc/perigee"],
  async run(input, io) {
    const folder = configFolder(input, io);
    const first = await requireConfig(folder, io);
    const { config } = first;
    let { files } = first;
    let secrets = secretsOf(config);
    const level = io.env["PERIGEE_LOG_LEVEL"];
    const observe = openLog({
      isTerminal: io.isTerminal && input.values["json"] !== true,
      secrets: () => secrets,
      ...(isLogLevel(level) ? { level } : {}),
    });
    observe({ kind: "config_loaded", folder, hash: config.hash });
    const load = async () => {
      const loaded = await loadConfig(folder, { env: io.env });
      files = loaded.files;
      // What was a secret once stays one in the log.
      if (loaded.ok) secrets = [...new Set([...secrets, ...secretsOf(loaded.config)])];
      io.learnSecrets?.(secrets);
      return loaded;
    };
    const daemon = await startDaemon({ config, load, clock: systemClock, observe });
    process.on("SIGHUP", () => daemon.reload());
    if (io.env["PERIGEE_WATCH"] !== "off") {
      void watchFiles(() => files, systemClock, io.signal, () => daemon.reload());
    }
    if (hasSample(config)) {
      void daemon.caughtUp.then(() => {
        io.err(`\n${describeFirstSteps(daemon.config, daemon.url).join("\n")}\n\n`);
      });
    }
    await aborted(io.signal);
    const unfinished = await daemon.stop(String(io.signal.reason));
    const code = unfinished === 0 ? 0 : 1;
    // What did not end in time must not keep the process.
    setTimeout(() => process.exit(code), lastWordsMs).unref();
    return code;
  },
};
