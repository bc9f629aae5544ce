import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { PerigeeError } from "../error.ts";
import type { Connection } from "../postgres/connection.ts";

/** One file of `migrations/`. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** Hex SHA-256 of the file, line ends normalised. */
  readonly checksum: string;
}

const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** All migrations of a folder in order. Throws when a file's name does not fit or a number repeats. */
export async function loadMigrations(folder: URL | string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const migrations: Migration[] = [];
  for (const name of names) {
    const version = Number(fileName.exec(name)?.[1] ?? Number.NaN);
    if (!(version > (migrations.at(-1)?.version ?? 0))) {
      throw new Error(`migrations/${name}: wanted NNNN_verb_noun.sql with a number of its own`);
    }
    const path = typeof folder === "string" ? `${folder}/${name}` : new URL(name, folder);
    const sql = (await readFile(path, "utf8")).replaceAll("\r\n", "\n");
    const checksum = createHash("sha256").update(sql).digest("hex");
    migrations.push({ version, name: name.slice(0, -".sql".length), sql, checksum });
  }
  return migrations;
}

/** Constant of `pg_advisory_xact_lock` under which migrations run; any number, but one for all. */
const migrationLock = 8_101_189;

/**
 * Brings the hub to the newest migration and answers the names of those it applied.
 *
 * Safe for any number of daemons at once: all of them run in one transaction under one
 * transaction-level advisory lock, so the second finds nothing to do. Nothing is applied when a
 * migration that ran before was changed since (PG301) or the hub is newer than the code (PG302).
 * `connection` must not be in a transaction.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
): Promise<string[]> {
  return await connection.sql.begin(async (sql) => {
    await sql`set local statement_timeout = 0`;
    // Another daemon may be building an index on a big hub just now; it is worth waiting for.
    await sql`set local lock_timeout = '10min'`;
    await sql`select pg_advisory_xact_lock(${migrationLock})`;
    await sql`set local lock_timeout = '60s'`;
    // `create schema if not exists` asks for the right to create one even where it exists.
    const [schema] = await sql`select oid from pg_namespace where nspname = 'perigee'`;
    if (schema === undefined) await sql`create schema perigee`;
    await sql.unsafe(`create table if not exists perigee.migrations (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
    const applied = await sql<{ version: number; name: string; checksum: string }[]>`
      select version, name, checksum from perigee.migrations order by version`;
    const pending = planMigrations(migrations, applied);
    for (const migration of pending) {
      await sql.unsafe(migration.sql);
      await sql`insert into perigee.migrations (version, name, checksum)
        values (${migration.version}, ${migration.name}, ${migration.checksum})`;
    }
    // Heard at the commit: daemons of an older version drain.
    if (pending.length > 0) await sql`select pg_notify('perigee', 'migrated')`;
    return pending.map((migration) => migration.name);
  });
}

/** Which migrations are still to be applied. Throws PG301 or PG302 as `migrate` says. Pure. */
export function planMigrations(
  known: readonly Migration[],
  applied: readonly { version: number; name: string; checksum: string }[],
): Migration[] {
  const byVersion = new Map(known.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of applied) {
    const migration = byVersion.get(version);
    if (migration === undefined) {
      throw new PerigeeError(
        `the hub has migration ${name}, which this version of Perigee does not know`,
        {
          kind: "schema",
          code: "PG302",
          advice:
            "run the version of Perigee that made it, or a newer one; a hub is never downgraded",
        },
      );
    }
    if (migration.checksum !== checksum) {
      throw new PerigeeError(`migration ${name} was applied to the hub with another content`, {
        kind: "schema",
        code: "PG301",
        advice: "use an unchanged release; applied migrations are never edited",
      });
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return known.filter(({ version }) => !done.has(version));
}
