import { spawn } from "node:child_process";
import { access, chmod, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { waitFor } from "./wait.ts";

/** A running PgBouncer before one server. */
export interface PgBouncer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Sessions with the server in each pool. */
  readonly sessions: number;
  stop(): Promise<void>;
}

/** Enough for each kind of run, and so few that its clients do take turns. */
const sessions = 5;

/** Why a test is skipped where there is no PgBouncer; false where there is one. */
export function noPgBouncer(program: string | undefined): string | false {
  return program === undefined &&
    "no PgBouncer here: put it on the PATH or name it in PERIGEE_PGBOUNCER";
}

/** The program: `$PERIGEE_PGBOUNCER`, or where packages put it. Undefined where there is none. */
export async function findPgBouncer(): Promise<string | undefined> {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  const named = process.env["PERIGEE_PGBOUNCER"];
  const places = [
    ...(named === undefined || named === "" ? [] : [named]),
    ...folders.map((folder) => path.join(folder, "pgbouncer")),
  ];
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(() => true, () => false);
    if (isThere) return place;
  }
  return undefined;
}

/** An account that PgBouncer may run as: it refuses to be root. */
const nobody = 65534;

/** Starts PgBouncer with a few sessions to the server for each pool, which all its clients share. */
export async function startPgBouncer(
  program: string,
  target: ConnectionTarget,
  mode: "transaction" | "session",
): Promise<PgBouncer> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-pgbouncer-"));
  const port = await findFreePort();
  const users = path.join(folder, "users.txt");
  const settings = path.join(folder, "pgbouncer.ini");
  await writeFile(users, `"${target.username}" "${target.password}"\n`);
  await writeFile(
    settings,
    `[databases]
* = host=${target.host} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${sessions}
`,
  );
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await Promise.all([folder, users, settings].map((each) => chown(each, nobody, nobody)));
  }
  await chmod(folder, 0o700);
  const child = spawn(program, ["-q", settings], {
    stdio: ["ignore", "ignore", "pipe"],
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  });
  let complaints = "";
  child.stderr?.on("data", (chunk) => complaints += String(chunk));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("error", (error) => complaints += error.message);
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(`PgBouncer to listen (${complaints})`, () => answers(port));
  } catch (error) {
    await stop();
    throw new Error(complaints || await readFile(settings, "utf8").catch(() => ""), {
      cause: error,
    });
  }
  return { host: "127.0.0.1", port, sessions, stop };
}

async function findFreePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function answers(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(undefined));
  });
}
