import { spawn } from "node:child_process";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { findSystemBinaries } from "../src/embedded/binaries.ts";
import { startChangeWatcher } from "../src/export/change_watcher.ts";
import { openListener } from "../src/postgres/listen.ts";
import { contactsExport, type ExportWorld } from "./export_world.ts";
import { median, printResult, spreadOfRatios } from "./paired.ts";

/** Many short runs: a machine that others use changes its speed within seconds, and meets both sides. */
const runs = 11;
const seconds = 2;
const clients = 4;

/** What the change log and the gated NOTIFY cost those who write single rows into the hub. */
export async function measureWriters(world: ExportWorld): Promise<void> {
  const pgbench = await findPgbench();
  if (pgbench === undefined) {
    return console.error("export: writers: not measured, there is no pgbench");
  }
  const { hub } = world;
  await hub.sql.unsafe(`create table public.plain (like perigee.contacts including all)
      with (fillfactor = 90);
    insert into public.plain select * from perigee.contacts`);
  await hub.sql`vacuum analyze public.plain`;
  const watcher = startChangeWatcher({
    hub,
    exports: [contactsExport],
    wake: () => undefined,
    observe: () => undefined,
  });
  const listener = openListener(world.deps.hubTarget, {
    channels: { perigee_changes: () => watcher.heard() },
    onListening: () => watcher.heard(),
    onDeaf: () => undefined,
  });
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-pgbench-"));
  try {
    for (const [commit, limit] of [["on", 0.9], ["off", 0.75]] as const) {
      await measurePair(world, pgbench, folder, commit, limit);
    }
  } finally {
    await listener.close();
    await watcher.close();
    await rm(folder, { recursive: true, force: true });
    await hub.sql`drop table public.plain`;
  }
}

async function measurePair(
  world: ExportWorld,
  pgbench: string,
  folder: string,
  commit: "on" | "off",
  limit: number,
): Promise<void> {
  const logged: number[] = [];
  const plain: number[] = [];
  const write = async (table: string) => {
    const file = path.join(folder, `${table}.sql`);
    await writeFile(
      file,
      `\\set id random(1, ${world.rows})
update ${table} set total_sent = total_sent + 1 where contact_id = :id;\n`,
    );
    return await transactionsPerSecond(world, pgbench, file, commit);
  };
  for (let run = -1; run < runs; run += 1) {
    for (const isLogged of run % 2 === 0 ? [true, false] : [false, true]) {
      await world.hub.sql`checkpoint`;
      const tps = await write(isLogged ? "perigee.contacts" : "public.plain");
      if (run >= 0) (isLogged ? logged : plain).push(tps);
    }
  }
  const ratio = Number((median(logged) / median(plain)).toPrecision(4));
  printResult({
    area: "export",
    bar: `writers' throughput with the change log, synchronous_commit = ${commit}, at least`,
    ratio,
    spread: spreadOfRatios(logged, plain),
    limit,
    holds: ratio >= limit,
    median_ms: Number((1_000 * clients / median(logged)).toPrecision(4)),
    runs,
  });
}

function transactionsPerSecond(
  world: ExportWorld,
  pgbench: string,
  file: string,
  commit: string,
): Promise<number> {
  const given = ["-n", "-M", "prepared", "-c", String(clients), "-j", "2", "-T", String(seconds)];
  const child = spawn(pgbench, [...given, "-f", file, world.url("hub")], {
    env: { ...process.env, PGOPTIONS: `-c synchronous_commit=${commit}` },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      const tps = Number(/tps = ([\d.]+)/.exec(output)?.[1]);
      if (tps > 0) resolve(tps);
      else reject(new Error("pgbench told no throughput"));
    });
  });
}

async function findPgbench(): Promise<string | undefined> {
  for (const { binDir } of await findSystemBinaries()) {
    const file = path.join(binDir, "pgbench");
    if (await access(file).then(() => true, () => false)) return file;
  }
  return undefined;
}
