import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { makeFolder, spawnDaemon } from "../support/daemon_process.ts";
import type { Scope } from "../support/database.ts";

/** What one process holds, as the operating system counts it. */
export interface Usage {
  readonly peakMb: number;
  readonly nowMb: number;
  readonly files: number;
}

/** One of the daemons, which is started anew after it was ended. */
export interface SoakDaemon {
  readonly name: string;
  /** Where it serves HTTP now, or did before it was ended. */
  readonly url: string;
  /** How often it was started. */
  readonly starts: number;
  /** The most memory that any of its processes was seen to have taken, MB. */
  readonly peakMb: number;
  /** Starts it, as often as a supervisor would, and waits until it is ready. */
  start(): Promise<void>;
  /** Ends it; answers the exit code, null after a kill. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Writes its configuration as an editor does. */
  configure(yaml: string): Promise<void>;
  /** Waits for a line that it logs from now on. */
  waitForNext(kind: string, deadlineMs: number): Promise<void>;
  /** Undefined where the operating system does not tell. */
  readUsage(): Promise<Usage | undefined>;
  /** What the process of now has printed. */
  output(): string;
}

/** How long a daemon may take to be ready while others break things, ms. */
const startLimitMs = 90_000;

/** Prepares a daemon with a folder of its own for its configuration; nothing runs yet. */
export async function prepareDaemon(
  scope: Scope,
  name: string,
  yaml: string,
): Promise<SoakDaemon> {
  const folder = await makeFolder(scope);
  const file = path.join(folder, "perigee.yaml");
  const configure = async (text: string) => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await configure(yaml);
  let running: ReturnType<typeof spawnDaemon> | undefined;
  const require = () => {
    if (running === undefined) throw new Error(`${name} was not started`);
    return running;
  };
  let [url, starts, peakMb] = ["http://127.0.0.1:1", 0, 0];
  const readUsage = async () => {
    const usage = await readProcess(require().pid);
    peakMb = Math.max(peakMb, usage?.peakMb ?? 0);
    return usage;
  };
  return {
    name,
    get url() {
      return url;
    },
    get starts() {
      return starts;
    },
    get peakMb() {
      return peakMb;
    },
    async start() {
      const startedAt = performance.now();
      for (;;) {
        starts += 1;
        running = spawnDaemon(scope, { config: folder });
        try {
          url = String((await running.waitForLine("daemon_ready", undefined, startLimitMs))["url"]);
          return;
        } catch (error) {
          // A daemon that finds no hub ends with words for it, and its supervisor starts it again.
          if (!running.hasEnded() || performance.now() - startedAt > startLimitMs) throw error;
        }
      }
    },
    async end(signal) {
      await readUsage();
      return await require().end(signal);
    },
    signal: (signal) => void process.kill(require().pid, signal),
    configure,
    async waitForNext(kind, deadlineMs) {
      const { lines } = require();
      const before = lines.length;
      await require().waitForLine(kind, (line) => lines.indexOf(line) >= before, deadlineMs);
    },
    readUsage,
    output: () => require().output(),
  };
}

/** How long a daemon may take to end, ms: its `shutdown_timeout` for runs, and again for sessions. */
const endLimitMs = 30_000;

/** Tells a daemon to stop; adds to `wrong` what it says where it does not end with 0 in time. */
export async function endDaemon(daemon: SoakDaemon, wrong: string[]): Promise<void> {
  const limit = setTimeout(() => void daemon.end("SIGKILL"), endLimitMs);
  const code = await daemon.end("SIGTERM");
  clearTimeout(limit);
  const last = daemon.output().slice(-longestOutput);
  if (code !== 0) wrong.push(`daemon ${daemon.name} ended with ${code ?? "a kill"}: ${last}`);
}

/** How much is told of what a daemon has printed. */
const longestOutput = 3_000;

async function readProcess(pid: number): Promise<Usage | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const read = (key: string) =>
      Math.round(Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1_024);
    const files = (await readdir(`/proc/${pid}/fd`)).length;
    return { peakMb: read("VmHWM"), nowMb: read("VmRSS"), files };
  } catch {
    // Not Linux, or the process is gone.
    return undefined;
  }
}
