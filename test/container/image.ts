import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { repository } from "../support/daemon_process.ts";
import { type Engine, require } from "./engine.ts";
import type { Bases } from "./stand_in_bases.ts";

/** What an image says about how it is run. */
export interface ImageConfig {
  readonly user: string;
  readonly workingDir: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
}

/** An image that was built, until `remove`. */
export interface Image {
  readonly name: string;
  readonly bytes: number;
  readonly config: ImageConfig;
  remove(): Promise<void>;
}

const imageName = "localhost/perigee-under-test";

/** Longest build, ms: packages are fetched and the program is compiled. */
const buildLimitMs = 900_000;

/** Builds the Dockerfile on the given bases, or on its own where none are given. */
export async function buildImage(engine: Engine, bases: Bases | undefined): Promise<Image> {
  const args = bases === undefined ? [] : [
    ...["--build-arg", `BUILD_IMAGE=${bases.buildImage}`],
    ...["--build-arg", `BASE_IMAGE=${bases.baseImage}`],
  ];
  // The OCI format has no health checks.
  const format = engine.name === "docker" ? [] : ["--format", "docker"];
  await withNpmrc(async (npmrc) => {
    const words = [...engine.words, "build", ...format, ...args, ...npmrc, "-t", imageName];
    await require([...words, repository], buildLimitMs);
  });
  const { config, bytes } = await inspect(engine);
  const remove = () => require([...engine.words, "rmi", imageName]).then(() => undefined);
  return { name: imageName, bytes, config, remove };
}

/** Lends npm's settings of this machine to the build, where it has any; no layer keeps them. */
async function withNpmrc(build: (words: readonly string[]) => Promise<void>): Promise<void> {
  const lines = await require(["npm", "config", "get", "userconfig", "--silent"]);
  const file = lines.split("\n").at(-1) ?? "";
  if (!existsSync(file)) return await build([]);
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-npmrc-"));
  try {
    const copy = path.join(folder, "npmrc");
    await copyFile(file, copy);
    await build(["--secret", `id=npmrc,src=${copy}`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Inspected {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
}

async function inspect(engine: Engine): Promise<{ config: ImageConfig; bytes: number }> {
  const isBuildah = engine.name === "buildah";
  const verb = isBuildah ? ["inspect", "--type", "image"] : ["image", "inspect"];
  const found = JSON.parse(await require([...engine.words, ...verb, imageName]));
  const image = isBuildah ? found.Docker : found[0];
  const raw = (isBuildah ? image.config : image.Config) as Inspected;
  // Podman keeps it beside the configuration of the image, not in it.
  const healthcheck = raw.Healthcheck ?? image.Healthcheck ?? image.HealthCheck;
  return {
    bytes: isBuildah ? await measure(engine) : Number(image.Size),
    config: {
      user: raw.User,
      workingDir: raw.WorkingDir,
      env: raw.Env,
      entrypoint: raw.Entrypoint,
      healthcheck: healthcheck.Test,
    },
  };
}

/** The size of the unpacked files, which buildah tells for people alone. */
async function measure(engine: Engine): Promise<number> {
  const container = await require([...engine.words, "from", "--pull-never", imageName]);
  try {
    const folder = await require([...engine.words, "mount", container]);
    const [kilobytes] = (await require(["du", "-sk", folder])).split("\t");
    return Number(kilobytes) * 1_024;
  } finally {
    await require([...engine.words, "rm", container]);
  }
}
