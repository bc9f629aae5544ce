import { randomBytes } from "node:crypto";
import { appendFile, chmod, chown, readFile, rm, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";

import { PerigeeError } from "../error.ts";
import type { Binaries } from "./binaries.ts";
import { claimDataDir } from "./owner.ts";
import { placeCluster, type Placement } from "./placement.ts";
import { runProgram } from "./program.ts";
import {
  clusterFiles,
  guardServer,
  isServerRunning,
  startServer,
  stopServer,
} from "./server_control.ts";
import { formatSettings } from "./server_settings.ts";

/** A running Postgres of our own, which listens on 127.0.0.1 alone. */
export interface Cluster {
  readonly port: number;
  /** Address of the database `postgres` as the superuser `postgres`. Holds the password. */
  readonly superuserUrl: string;
  /** The data was made at this start. */
  readonly isNew: boolean;
  /** Such as `18.4`. */
  readonly version: string;
  /** Where it lives and as whom it runs, where that is not what one would expect. */
  readonly notes: readonly string[];
  /** Address of another database, as the superuser or as `user`. */
  url(database: string, user?: string, password?: string): string;
  /** Stops the server, rolls back what is open; a throwaway cluster is removed. May be repeated. */
  stop(): Promise<void>;
}

/** What cluster to start. */
export interface ClusterOptions {
  /** Folder of the cluster; made where it is absent, and used again where it is not. */
  readonly dataDir: string;
  readonly binaries: Binaries;
  /** The same port as last time where it is free, else any free one, when absent. */
  readonly port?: number;
  /** Settings of postgresql.conf, over ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** For tests: fast and not durable, and gone with its folder when it stops or when we do. */
  readonly isThrowaway?: boolean;
}

/**
 * Starts a Postgres below `dataDir`, with initdb at the first time. A server that a killed daemon
 * left on the same data is stopped first. It ends with `stop`, or a moment after this process ends
 * in whatever way. Throws PG293 to PG297, with nothing left running.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, isThrowaway = false } = options;
  const place = await placeCluster(options.dataDir, binaries, isThrowaway);
  await claimDataDir(place.dataDir);
  const isNew = await prepareData(place, options);
  if (await isServerRunning(place)) await stopServer(place);
  const port = await startOnFreePort(place, options);
  const dismissGuard = guardServer(place, isThrowaway);
  const secret = (await readFile(clusterFiles(place.dataDir).password, "utf8")).trim();
  const url = (database: string, user = "postgres", password = secret) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}` +
    `@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const stopOnce = async () => {
    await stopServer(place);
    dismissGuard();
    if (isThrowaway) await removeCluster(options.dataDir, place);
  };
  // Once only: a second call must not stop what somebody started on the same data since.
  let stopping: Promise<void> | undefined;
  const stop = () => stopping ??= stopOnce();
  return {
    port,
    superuserUrl: url("postgres"),
    isNew,
    version: binaries.version,
    notes: place.notes,
    url,
    stop,
  };
}

/** Makes the data unless it is there whole; says whether it did. */
async function prepareData(place: Placement, options: ClusterOptions): Promise<boolean> {
  const { pgdata, settings } = clusterFiles(place.dataDir);
  const major = await readMajor(pgdata);
  // Written last by what makes the data: without it a crash interrupted that, and it starts over.
  const isWhole = major !== undefined && await exists(settings);
  if (isWhole) {
    if (major === options.binaries.major) return false;
    throw new PerigeeError(
      `The data in ${pgdata} is of PostgreSQL ${major}, the programs are ${options.binaries.major}`,
      {
        kind: "usage",
        code: "PG297",
        advice: `Upgrade the data with pg_upgrade, or move it away to begin anew.`,
      },
    );
  }
  await rm(pgdata, { recursive: true, force: true });
  await initialise(place, options);
  return true;
}

async function initialise(place: Placement, options: ClusterOptions): Promise<void> {
  const { pgdata, password, settings } = clusterFiles(place.dataDir);
  await writeFile(password, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  await chmod(password, 0o600);
  if (place.user !== undefined) await chown(password, place.user.uid, place.user.gid);
  const answer = await runProgram(path.join(place.binDir, "initdb"), [
    `--pgdata=${pgdata}`,
    "--username=postgres",
    `--pwfile=${password}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    ...localeOptions(options.binaries.major),
    ...(options.isThrowaway === true ? ["--no-sync"] : []),
  ], place.user);
  if (answer.exitCode !== 0) {
    throw new PerigeeError(
      `initdb could not make a cluster in ${pgdata}: ${answer.stderr.trim()}`,
      {
        kind: "resource",
        code: "PG296",
        advice: "Check that the folder is writable and that there is space.",
      },
    );
  }
  await appendFile(path.join(pgdata, "postgresql.conf"), "\ninclude_if_exists = 'perigee.conf'\n");
  await writeSettings(place, settings, "");
}

/** UTF-8 letters in upper and lower case, the same on every machine, sorted by code point. */
function localeOptions(major: number): readonly string[] {
  return major >= 17
    ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    : ["--locale=C.UTF-8"];
}

/** Somebody may take a free port before the server does: then another is tried, thrice. */
async function startOnFreePort(place: Placement, options: ClusterOptions): Promise<number> {
  const { settings } = clusterFiles(place.dataDir);
  for (let attempt = 1;; attempt += 1) {
    const port = options.port ?? await choosePort(place, attempt === 1);
    const content = formatSettings({
      port,
      isThrowaway: options.isThrowaway ?? false,
      more: options.settings ?? {},
    });
    await writeSettings(place, settings, content);
    try {
      await startServer(place);
      return port;
    } catch (error) {
      if (options.port !== undefined || attempt === 3) throw error;
    }
  }
}

async function choosePort(place: Placement, mayRepeat: boolean): Promise<number> {
  const before = await readFile(clusterFiles(place.dataDir).settings, "utf8");
  const last = Number(/^port = '(\d+)'$/m.exec(before)?.[1] ?? 0);
  return mayRepeat && last > 0 && await isFree(last) ? last : await findFreePort();
}

function findFreePort(port = 0): Promise<number> {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return findFreePort(port).then(() => true, () => false);
}

async function writeSettings(place: Placement, file: string, content: string): Promise<void> {
  await writeFile(file, content, { mode: 0o600 });
  if (place.user !== undefined) await chown(file, place.user.uid, place.user.gid);
}

async function readMajor(pgdata: string): Promise<number | undefined> {
  const version = await readFile(path.join(pgdata, "PG_VERSION"), "utf8").catch(() => undefined);
  return version === undefined ? undefined : Number.parseInt(version, 10);
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(() => true, () => false);
}

async function removeCluster(asked: string, place: Placement): Promise<void> {
  await rm(place.dataDir, { recursive: true, force: true });
  await rm(asked, { recursive: true, force: true });
}
