import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fromTheStart, snapshotOf, writeBatches } from "./batched_upsert.ts";
import { requireDataset } from "../src/dataset/datasets.ts";
import { type ExportWorld, hubRowsQuery, peerTableStatements } from "./export_world.ts";
import { openReplica, type Replica } from "./logical_replica.ts";

/** One way to bring the hub's contacts into another database and to keep them equal. */
export interface Tool {
  readonly name: string;
  /** The program that must be on this machine. */
  readonly program?: string;
  /** Where its rows end up: the documented columns in a table of a database, or the hub's own. */
  readonly database: string;
  readonly table: string;
  readonly shape: "documented" | "raw";
  /** Makes its target as it is before the first load; not timed. */
  empty(): Promise<void>;
  /** Fills the empty target. */
  load(): Promise<void>;
  /** Brings what changed since the last call of `load` or `update`. */
  update(): Promise<void>;
}

/** A column of the hub's table. */
interface Column {
  readonly name: string;
  readonly type: string;
}

/** Every way that is compared, on one world. Each writes to tables of its own. */
export async function createTools(world: ExportWorld): Promise<readonly Tool[]> {
  for (const database of ["dumped", "loaded", "pulled"]) {
    await world.hub.sql.unsafe(`create database ${database}`);
  }
  const columns = await world.hub.sql<Column[]>`
    select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = 'perigee.contacts'::regclass and attnum > 0 and not attisdropped
    order by attnum`;
  return [
    perigee(world),
    logicalReplication(world),
    copyPipe(world),
    dumpPipe(world, columns),
    foreignTable(world, columns),
    pgloader(world, columns),
    batchedUpsert(world),
  ];
}

function perigee(world: ExportWorld): Tool {
  return {
    name: "Perigee",
    database: "customer",
    table: "contacts",
    shape: "documented",
    empty: async () => {
      await world.customer.sql.unsafe(
        "drop table if exists contacts, perigee_rejects, perigee_cursors cascade",
      );
    },
    load: async () => void await world.run(),
    update: async () => void await world.run(),
  };
}

/** Applies as the hub commits, so its update takes only what is left of that. */
function logicalReplication(world: ExportWorld): Tool {
  let replica: Replica | undefined;
  return {
    name: "logical replication",
    database: "peer",
    table: "perigee.contacts",
    shape: "raw",
    empty: async () => {
      await replica?.close();
      replica = undefined;
    },
    load: async () => {
      replica = await openReplica(world);
    },
    update: async () => await replica?.catchUp(),
  };
}

/** The whole table each time: into the table at first, into a staging table and a merge later. */
function copyPipe(world: ExportWorld): Tool {
  const read = `copy (${hubRowsQuery()}) to stdout (format binary)`;
  const documented = requireDataset("contacts").columns.map(({ parameter }) => `"${parameter}"`);
  return {
    name: "psql COPY | psql COPY",
    program: "psql",
    database: "peer",
    table: "copied",
    shape: "documented",
    empty: async () => void await world.peer.sql.unsafe(peerTableStatements("copied")),
    load: () =>
      runShell(world, 'psql -qX "$HUB" -c "$READ" | psql -qX "$PEER" -c "$WRITE"', {
        READ: read,
        WRITE: "copy copied from stdin (format binary)",
      }),
    update: () =>
      runShell(
        world,
        'psql -qX "$HUB" -c "$READ" | psql -qX "$PEER" -c "$STAGE" -c "$WRITE" -c "$MERGE"',
        {
          READ: read,
          STAGE: "create temp table staging (like copied)",
          WRITE: "copy staging from stdin (format binary)",
          MERGE: mergeStatement("copied", documented, "staging"),
        },
      ),
  };
}

/** A dump holds everything, so an update is a load of the emptied table. */
function dumpPipe(world: ExportWorld, columns: readonly Column[]): Tool {
  const load = () =>
    runShell(world, 'pg_dump --data-only --table=perigee.contacts "$HUB" | psql -qX "$PEER"', {
      PEER: world.url("dumped"),
    });
  return {
    name: "pg_dump | psql",
    program: "pg_dump",
    database: "dumped",
    table: "perigee.contacts",
    shape: "raw",
    empty: () => makeRawTable(world, "dumped", columns),
    load,
    update: async () => {
      await makeRawTable(world, "dumped", columns);
      await load();
    },
  };
}

function pgloader(world: ExportWorld, columns: readonly Column[]): Tool {
  const load = async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "perigee-bench-"));
    try {
      const file = path.join(folder, "contacts.load");
      await writeFile(
        file,
        // With its own 100,000 rows ahead it runs out of memory at a million of them.
        `load database from ${world.url("hub")} into ${world.url("loaded")}
           with data only, truncate, reset no sequences, prefetch rows = 10000
           including only table names matching 'contacts' in schema 'perigee';`,
      );
      await runShell(world, 'pgloader --quiet "$FILE" > /dev/null', { FILE: file });
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  return {
    name: "pgloader",
    program: "pgloader",
    database: "loaded",
    table: "perigee.contacts",
    shape: "raw",
    empty: () => makeRawTable(world, "loaded", columns),
    load,
    update: load,
  };
}

function foreignTable(world: ExportWorld, columns: readonly Column[]): Tool {
  const names = columns.map(({ name }) => name);
  return {
    name: "postgres_fdw",
    database: "pulled",
    table: "perigee.contacts",
    shape: "raw",
    empty: async () => {
      await makeRawTable(world, "pulled", columns);
      const url = new URL(world.url("hub"));
      await runSql(
        world,
        "pulled",
        `create extension if not exists postgres_fdw;
         drop server if exists hub cascade;
         create server hub foreign data wrapper postgres_fdw options (host '${url.hostname}',
           port '${url.port}', dbname 'hub', fetch_size '10000');
         create user mapping for current_user server hub
           options (user 'postgres', password '${decodeURIComponent(url.password)}');
         create schema if not exists far;
         import foreign schema perigee limit to (contacts) from server hub into far`,
      );
    },
    load: () =>
      runSql(
        world,
        "pulled",
        `insert into perigee.contacts (${names}) select ${names} from far.contacts`,
      ),
    update: () =>
      runSql(world, "pulled", mergeStatement("perigee.contacts", names, "far.contacts")),
  };
}

/** Knows what changed since its last call, as a program does that keeps a cursor of its own. */
function batchedUpsert(world: ExportWorld): Tool {
  let since = fromTheStart;
  const write = async () => {
    const next = await snapshotOf(world);
    await writeBatches(world, "batched", since);
    since = next;
  };
  return {
    name: "batched INSERT … ON CONFLICT",
    database: "peer",
    table: "batched",
    shape: "documented",
    empty: async () => {
      since = fromTheStart;
      await world.peer.sql.unsafe(peerTableStatements("batched"));
    },
    load: write,
    update: write,
  };
}

/** All rows of `source`; those that are equal already are not written. */
function mergeStatement(table: string, columns: readonly string[], source: string): string {
  const [key, ...others] = columns;
  return `insert into ${table} as t (${columns.join(", ")})
    select ${columns.join(", ")} from ${source}
    on conflict (${key}) do update set ${others.map((name) => `${name} = excluded.${name}`)}
    where (${others.map((name) => `t.${name}`)})
      is distinct from (${others.map((name) => `excluded.${name}`)})`;
}

/** The hub's own columns with a primary key and nothing else. */
function makeRawTable(
  world: ExportWorld,
  database: string,
  columns: readonly Column[],
): Promise<void> {
  return runSql(
    world,
    database,
    `drop schema if exists perigee cascade;
     create schema perigee;
     create table perigee.contacts (${columns.map(({ name, type }) => `${name} ${type}`)},
       primary key (contact_id));
     alter table perigee.contacts alter contact_id add generated by default as identity`,
  );
}

function runSql(world: ExportWorld, database: string, text: string): Promise<void> {
  return runShell(world, 'psql -qX -v ON_ERROR_STOP=1 "$TO" -c "$TEXT"', {
    TO: world.url(database),
    TEXT: text,
  });
}

function runShell(
  world: ExportWorld,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn("bash", ["-o", "pipefail", "-c", script], {
    env: {
      ...process.env,
      HUB: `${world.url("hub")}?options=-ctimezone%3DUTC`,
      PEER: world.url("peer"),
      PGOPTIONS: "-c client_min_messages=warning",
      ...env,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`\`${script}\` ended with ${code}`));
    });
  });
}
