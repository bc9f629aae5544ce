import { copyFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { type Engine, require, run } from "./engine.ts";

/** Names of the two images that the Dockerfile begins with. */
export interface Bases {
  readonly buildImage: string;
  readonly baseImage: string;
}

/** What a process needs that is linked with glibc, and no more, as in a distroless image. */
const runtimePackages = "libc6,libgcc-s1,base-files,ca-certificates";

/**
 * Makes stand-ins for the public base images out of Debian packages and this machine's own Node.js
 * and npm, for machines that reach no registry of images. Needs `mmdebstrap`, and the rights of root. Those of an earlier run are taken
 * again.
 */
export async function makeStandIns(engine: Engine): Promise<Bases> {
  const bases = {
    buildImage: "localhost/perigee-stand-in-build",
    baseImage: "localhost/perigee-stand-in",
  };
  if (await hasAll(engine, Object.values(bases))) return bases;
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-bases-"));
  try {
    await debootstrap(folder, "base.tar", ["--variant=extract", `--include=${runtimePackages}`]);
    await debootstrap(folder, "build.tar", ["--variant=apt", "--include=ca-certificates"]);
    await copyNode(folder);
    await writeFile(path.join(folder, "base"), "FROM scratch\nADD base.tar /\n");
    await writeFile(path.join(folder, "build"), describeBuildImage());
    for (const [file, image] of [["base", bases.baseImage], ["build", bases.buildImage]] as const) {
      await require([...engine.words, "build", "-t", image, "-f", path.join(folder, file), folder]);
    }
    return bases;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hasAll(engine: Engine, images: readonly string[]): Promise<boolean> {
  for (const image of images) {
    const { exitCode } = await run([...engine.words, "inspect", "--type", "image", image]);
    if (exitCode !== 0) return false;
  }
  return true;
}

async function debootstrap(folder: string, name: string, how: readonly string[]): Promise<void> {
  const lean = "--dpkgopt=path-exclude=/usr/share/doc/*";
  await require(["mmdebstrap", "--quiet", lean, ...how, "bookworm", path.join(folder, name)]);
}

async function copyNode(folder: string): Promise<void> {
  const npm = await require(["npm", "root", "--global", "--silent"]);
  await copyFile(process.execPath, path.join(folder, "node"));
  await cp(path.join(npm.split("\n").at(-1) ?? "", "npm"), path.join(folder, "npm"), {
    recursive: true,
  });
  const certificates = process.env["NODE_EXTRA_CA_CERTS"];
  if (certificates === undefined) await writeFile(path.join(folder, "extra.pem"), "");
  else await copyFile(certificates, path.join(folder, "extra.pem"));
}

function describeBuildImage(): string {
  return [
    "FROM scratch",
    "ADD build.tar /",
    "COPY node /usr/bin/node",
    "COPY npm /usr/lib/node_modules/npm",
    "RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm",
    "COPY extra.pem /etc/extra.pem",
    "ENV NODE_EXTRA_CA_CERTS=/etc/extra.pem",
    "",
  ].join("\n");
}
