import process from "node:process";

import { PerigeeError } from "../error.ts";
import { runProgram } from "./program.ts";

/** A user of this machine. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user as which Postgres has to run, which refuses to run as root: undefined when we are not
 * root and Postgres runs as we do. Else `postgres`, made as a system user where there is none, or
 * `nobody` where none can be made. Two daemons that start at once end with the same user. Throws
 * PG294 when there is no such user at all.
 */
export async function findServerUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await findUser("postgres") ?? await createUser("postgres") ??
    await findUser("nobody");
  if (found !== undefined) return found;
  throw new PerigeeError(
    "Postgres does not run as root, and no other user could be found or made",
    {
      kind: "usage",
      code: "PG294",
      advice: "Start as an ordinary user, or create the system user `postgres`.",
    },
  );
}

async function findUser(name: string): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([
    runProgram("id", ["-u", name]),
    runProgram("id", ["-g", name]),
  ]);
  if (uid.exitCode !== 0 || gid.exitCode !== 0) return undefined;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** By shadow's `useradd` (most Linux systems), else by BusyBox' `adduser` (Alpine). */
async function createUser(name: string): Promise<SystemUser | undefined> {
  const made = await runProgram("useradd", ["--system", "--user-group", "--no-create-home", name]);
  if (made.exitCode !== 0) await runProgram("adduser", ["-S", "-D", "-H", name]);
  return await findUser(name);
}
