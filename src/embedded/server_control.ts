import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";

import { PerigeeError } from "../error.ts";
import type { Placement } from "./placement.ts";
import { programEnvironment, runProgram } from "./program.ts";

/** Crash recovery after a power cut may take minutes on a slow disk; a good start takes one second. */
const startLimitSeconds = 300;

/** A fast shutdown writes one checkpoint. What is not written by then is recovered at the next start. */
const stopLimitSeconds = 20;

/** Where the parts of one cluster lie below its folder. */
export interface ClusterFiles {
  readonly pgdata: string;
  readonly password: string;
  readonly settings: string;
  readonly startupLog: string;
}

/** The files of the cluster in `dataDir`. */
export function clusterFiles(dataDir: string): ClusterFiles {
  const pgdata = path.join(dataDir, "pgdata");
  return {
    pgdata,
    password: path.join(dataDir, "password"),
    settings: path.join(pgdata, "perigee.conf"),
    startupLog: path.join(dataDir, "startup.log"),
  };
}

/**
 * Starts the server and waits until it takes connections. pg_ctl makes it the leader of a session
 * of its own, so that Ctrl-C at our terminal does not reach it before we are done with it. Throws
 * PG296 with the end of the server's log.
 */
export async function startServer(place: Placement): Promise<void> {
  const files = clusterFiles(place.dataDir);
  const answer = await pgCtl(place, [
    "start",
    "--silent",
    "--wait",
    `--timeout=${startLimitSeconds}`,
    `--log=${files.startupLog}`,
  ]);
  if (answer.exitCode === 0) return;
  const log = await readFile(files.startupLog, "utf8").catch(() => answer.stderr);
  throw new PerigeeError(
    `The embedded Postgres in ${place.dataDir} did not start: ${lastLines(log)}`,
    { kind: "resource", code: "PG296", advice: `Look at ${files.startupLog}.` },
  );
}

/**
 * Stops the server: open transactions roll back, then a checkpoint; after 20 s at once, as a crash.
 * Does nothing where none runs. Throws PG296 when it does not end at all.
 */
export async function stopServer(place: Placement): Promise<void> {
  for (const mode of ["fast", "immediate"]) {
    if (!await isServerRunning(place)) return;
    await pgCtl(place, [
      "stop",
      "--silent",
      "--wait",
      `--timeout=${stopLimitSeconds}`,
      "--mode",
      mode,
    ]);
  }
  if (!await isServerRunning(place)) return;
  throw new PerigeeError(`The embedded Postgres in ${place.dataDir} does not stop`, {
    kind: "resource",
    code: "PG296",
    advice: "End the process whose id is in pgdata/postmaster.pid.",
  });
}

/** Whether a server runs on this data, be it one that a killed daemon left behind. */
export async function isServerRunning(place: Placement): Promise<boolean> {
  return (await pgCtl(place, ["status"])).exitCode === 0;
}

/**
 * Starts a shell that waits until we are gone, however that happens, and then stops the server (and
 * removes a throwaway cluster). It waits for the end of its input, which the system closes even
 * after `kill -9`. Returns what dismisses it.
 */
export function guardServer(place: Placement, isThrowaway: boolean): () => void {
  const clean = isThrowaway ? 'rm -rf "$2"' : ":";
  const script = `cat >/dev/null; "$0" stop -D "$1" -m fast -t ${stopLimitSeconds} -s -w; ${clean}`;
  const { pgdata } = clusterFiles(place.dataDir);
  const guard = spawn("sh", [
    "-c",
    script,
    path.join(place.binDir, "pg_ctl"),
    pgdata,
    place.dataDir,
  ], {
    cwd: "/",
    detached: true,
    env: programEnvironment(),
    stdio: ["pipe", "ignore", "ignore"],
    ...(place.user === undefined ? {} : { uid: place.user.uid, gid: place.user.gid }),
  });
  let hasEnded = false;
  guard.on("exit", () => hasEnded = true);
  // Without a guard the server merely runs on until the next start finds and stops it.
  guard.on("error", () => hasEnded = true);
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void }).unref?.();
  return () => {
    if (guard.pid !== undefined && !hasEnded) process.kill(-guard.pid, "SIGKILL");
  };
}

function pgCtl(
  place: Placement,
  given: readonly string[],
): Promise<{ exitCode: number | undefined; stderr: string }> {
  const { pgdata } = clusterFiles(place.dataDir);
  return runProgram(path.join(place.binDir, "pg_ctl"), [...given, "-D", pgdata], place.user);
}

function lastLines(log: string): string {
  return log.trim().split("\n").slice(-3).join(" | ");
}
