import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import process from "node:process";
import { type Ended, type Engine, require, run } from "./engine.ts";
import type { Image } from "./image.ts";

/** How a container is to be run; the network is the machine's own. */
export interface ContainerOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder that is mounted, read only, at /config. */
  readonly configFolder: string;
}

/** A container that runs, as the image's user, without rights, on a read-only file system. */
export interface Container {
  /** Runs words beside the main process, in the same surroundings. */
  exec(words: readonly string[]): Promise<Ended>;
  /** The image's HEALTHCHECK, once. */
  checkHealth(): Promise<Ended>;
  logs(): Promise<string>;
  /** Waits for the end of what ends by itself; answers its exit code. */
  wait(): Promise<number>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number>;
  /** Frees everything, whatever still runs. */
  remove(): Promise<void>;
}

/** Most that a container may take to end after SIGTERM, seconds; the daemon's own limit is 20. */
const stopSeconds = 25;

/** Runs an image with the engine that built it. */
export function runContainer(
  engine: Engine,
  image: Image,
  options: ContainerOptions,
): Promise<Container> {
  return engine.name === "buildah"
    ? runInNamespaces(engine, image, options)
    : runWithEngine(engine, image, options);
}

async function runWithEngine(
  { name: engine, words }: Engine,
  image: Image,
  { command, env, configFolder }: ContainerOptions,
): Promise<Container> {
  const name = `perigee-${randomBytes(4).toString("hex")}`;
  const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  // Podman would add places to write that docker does not.
  const tmpfs = engine === "podman" ? ["--read-only-tmpfs=false"] : [];
  const rights = [
    ...tmpfs,
    "--read-only",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
  ];
  const variables = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  await require([
    ...words,
    ...["run", "--detach", "--name", name, "--network", "host", ...limits, ...rights, ...variables],
    ...["-v", `${configFolder}:/config:ro`, image.name, ...command],
  ]);
  const tell = (what: string) => require([...words, "inspect", "-f", `{{.State.${what}}}`, name]);
  return {
    exec: (given) => run([...words, "exec", name, ...given]),
    checkHealth: () =>
      engine === "podman"
        ? run([...words, "healthcheck", "run", name])
        : run([...words, "exec", name, ...image.config.healthcheck.slice(1)]),
    logs: async () => (await run([...words, "logs", name])).output,
    wait: async () => Number((await require([...words, "wait", name])).split("\n").at(-1)),
    async stop() {
      await require([...words, "stop", "-t", String(stopSeconds), name]);
      return Number(await tell("ExitCode"));
    },
    remove: async () => void await run([...words, "rm", "-f", name]),
  };
}

/**
 * What an engine would do, by hand: a mount namespace in which the image's files are the root and
 * cannot be written, the image's user, no capabilities and no way to get any.
 */
async function runInNamespaces(
  { words }: Engine,
  image: Image,
  { command, env, configFolder }: ContainerOptions,
): Promise<Container> {
  const { config } = image;
  const container = await require([...words, "from", "--pull-never", image.name]);
  const root = await require([...words, "mount", container]);
  const [uid = "", gid = uid] = config.user.split(":");
  const start = (given: readonly string[]) =>
    spawn("unshare", [
      ...["--mount", "--propagation", "private", "sh", "-euc", mounts, "sh", root, configFolder],
      // Capabilities go with the change of user; nothing gives them back.
      ...["setpriv", "--no-new-privs", "--clear-groups"],
      ...[
        "unshare",
        `--root=${root}`,
        `--wd=${config.workingDir}`,
        "--setgid",
        gid,
        "--setuid",
        uid,
      ],
      ...given,
    ], { stdio: ["ignore", "pipe", "pipe"], env: { ...readVariables(config.env), ...env } });
  const main = collect(start([...config.entrypoint, ...command]));
  const exec = async (given: readonly string[]): Promise<Ended> => {
    const { ended, read } = collect(start(given));
    return { exitCode: await ended, output: read() };
  };
  return {
    exec,
    checkHealth: () => exec(config.healthcheck.slice(1)),
    logs: () => Promise.resolve(main.read()),
    wait: () => main.ended,
    stop() {
      main.end("SIGTERM");
      const limit = setTimeout(() => main.end("SIGKILL"), stopSeconds * 1_000);
      return main.ended.finally(() => clearTimeout(limit));
    },
    async remove() {
      main.end("SIGKILL");
      await main.ended;
      await run([...words, "rm", container]);
    },
  };
}

/** Mounts of the new namespace, as every container has them; the root last, and for reading alone. */
const mounts = `
  root=$1 config=$2; shift 2
  mount --bind "$root" "$root"
  mkdir -p "$root/config" "$root/proc" "$root/dev"
  mount --rbind /dev "$root/dev"
  mount --rbind /proc "$root/proc"
  mount --bind "$config" "$root/config"
  mount -o remount,bind,ro "$root/config"
  mount -o remount,bind,ro "$root"
  exec "$@"`;

function readVariables(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => {
    const [name = "", ...rest] = line.split("=");
    return [name, rest.join("=")];
  }));
}

function collect(child: ChildProcess) {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => output += text);
  }
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  return {
    ended,
    read: () => output,
    end(signal: NodeJS.Signals) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(child.pid, signal);
      }
    },
  };
}
