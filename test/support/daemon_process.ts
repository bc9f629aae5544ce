import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isDeno } from "../../src/runtime.ts";
import type { Scope } from "./database.ts";
import { recordOutput } from "./transcript.ts";
import { waitFor } from "./wait.ts";

/** The repository, where the program and its packages are. */
export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** One line of the daemon's JSON log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A `perigee start` that runs as a process of its own, on the runtime of the test. */
export interface DaemonProcess {
  readonly pid: number;
  /** Everything it logged so far. */
  readonly lines: readonly LogLine[];
  /** Everything it printed so far, errors included, for messages and for searches. */
  readonly output: () => string;
  /** Waits until a line of that kind (and, when given, that fits) was logged, and answers it. */
  waitForLine(
    kind: string,
    fits?: (line: LogLine) => boolean,
    deadlineMs?: number,
  ): Promise<LogLine>;
  /** Whether the process is gone. */
  hasEnded(): boolean;
  /** Sends the signal and waits for the end; answers the exit code, or null after a kill. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Words that run the program of a folder, this repository's or another, with this own runtime. */
export function programWords(folder = repository): [program: string, words: string[]] {
  const main = path.join(folder, "src/main.ts");
  return isDeno ? [process.execPath, ["run", "--allow-all", "--quiet", main]] : [process.execPath, [
    "--import",
    path.join(repository, "node_modules/tsx/dist/esm/index.mjs"),
    main,
  ]];
}

/** A folder for one test, removed at the end of its scope. */
export async function makeFolder(scope: Scope): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-daemon-"));
  // As a usual checkout: an embedded server of another user keeps its data in it.
  await chmod(folder, 0o755);
  scope.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const configFile = "perigee.yaml";

/** A configuration folder with one file. */
export async function writeConfig(scope: Scope, yaml: string): Promise<string> {
  const folder = await makeFolder(scope);
  await writeFile(path.join(folder, configFile), yaml);
  return folder;
}

/** As an editor does it: whoever reads meanwhile finds the old configuration or the new one, whole. */
export async function replaceConfig(folder: string, yaml: string): Promise<void> {
  const file = path.join(folder, configFile);
  await writeFile(`${file}.new`, yaml);
  await rename(`${file}.new`, file);
}

/** Starts the daemon; it is killed at the end of the scope where it still runs. */
export function spawnDaemon(
  scope: Scope,
  options: {
    config: string;
    cwd?: string;
    env?: Readonly<Record<string, string>>;
    /** The folder of another version of the program. */
    program?: string;
    /** Another program with its words, which is given the daemon's own and makes room for it. */
    wrapper?: readonly string[];
  },
): DaemonProcess {
  const [main, given] = programWords(options.program);
  const [program = main, ...words] = [...options.wrapper ?? [], main, ...given];
  const child = spawn(program, [...words, "start", "--config", options.config], {
    cwd: options.cwd ?? repository,
    env: { ...process.env, PERIGEE_PORT: "0", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = collectLines(child);
  let isOver = false;
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  void ended.then(() => isOver = true);
  scope.after(async () => {
    await recordPages(log.lines, isOver);
    recordOutput(log.output());
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  });
  return {
    pid: child.pid ?? -1,
    lines: log.lines,
    output: log.output,
    async waitForLine(kind, fits = () => true, deadlineMs = 60_000) {
      const found = await waitFor(`the daemon to log ${kind}`, () => {
        const line = log.lines.find((each) => each["kind"] === kind && fits(each));
        if (line !== undefined) return line;
        return isOver ? "ended" : undefined;
      }, deadlineMs);
      if (found !== "ended") return found;
      throw new Error(`no ${kind} before it ended with ${child.exitCode}: ${log.output()}`);
    },
    hasEnded: () => isOver,
    end(signal) {
      // Not `child.kill`: after it Deno reports the signal as the end, whatever the exit code was.
      if (child.pid !== undefined && !isOver) process.kill(child.pid, signal);
      return ended;
    },
  };
}

/** What a daemon that still runs tells of itself, for the run's transcript. */
async function recordPages(lines: readonly LogLine[], isOver: boolean): Promise<void> {
  const url = lines.findLast(({ kind }) => kind === "daemon_ready")?.["url"];
  if (isOver || url === undefined || process.env["PERIGEE_TEST_TRANSCRIPT"] === undefined) return;
  for (const path of ["/", "/health", "/metrics"]) {
    const text = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(2_000) })
      .then((answer) => answer.text(), () => undefined);
    if (text === undefined) return; // The test has paused the daemon.
    recordOutput(text);
  }
}

function collectLines(child: ChildProcess): { lines: LogLine[]; output: () => string } {
  const lines: LogLine[] = [];
  let all = "";
  let rest = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => all += text);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    all += text;
    const [...parts] = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      if (part.startsWith("{")) lines.push(JSON.parse(part) as LogLine);
    }
  });
  return { lines, output: () => all };
}
