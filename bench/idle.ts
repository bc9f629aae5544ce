/**
 * How soon a daemon is ready on a hub that is there, and what an idle one costs: memory, processor
 * time, and work of the database. The sample's configuration, on Deno with the container's rights and
 * on Node. `--seconds` says for how long it is watched (60).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findDeno } from "../scripts/find_deno.mjs";
import { findEmbeddedBinaries } from "../src/embedded/binaries.ts";
import { startCluster } from "../src/embedded/cluster.ts";
import { openConnection } from "../src/postgres/connection.ts";
import { parseConnectionUrl } from "../src/postgres/connection_url.ts";
import type { ConnectionTarget } from "../src/postgres/target.ts";
import { median, type PairedResult, printResult } from "./paired.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" } },
  strict: false,
});
const seconds = Number(values.seconds);

/** Starts that are timed on each runtime. */
const starts = 5;

/** Time after the start in which the sample does its first work, ms. */
const settleMs = 20_000;

const deno = findDeno() ?? fail("Deno is not installed; run npm ci");
const runtimes: Readonly<Record<string, readonly string[]>> = {
  Deno: [
    deno,
    ...["run", "--quiet", "--no-prompt", "--allow-net", "--allow-env", "--allow-sys=hostname"],
    ...["--allow-read", "src/main.ts"],
  ],
  Node: [process.execPath, "--import", "tsx", "src/main.ts"],
};

function fail(message: string): never {
  throw new Error(message);
}

const folder = mkdtempSync(path.join(tmpdir(), "perigee-idle-"));
const cluster = await startCluster({
  dataDir: folder,
  binaries: await findEmbeddedBinaries(),
  isThrowaway: true,
});

function urlOf(database: string): string {
  return cluster.superuserUrl.replace(/\/[^/]*$/, `/${database}`);
}

function targetOf(database: string): ConnectionTarget {
  const { host, port, username, password } = parseConnectionUrl(cluster.superuserUrl);
  const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 60_000, lockTimeoutMs: 10_000 };
  return {
    ...{ name: "bench", host, port, username, password, database, ssl: { mode: "disable" } },
    ...{ ...limits, idleInTransactionTimeoutMs: 60_000, isPooled: false },
  };
}

const env = {
  ...process.env,
  PERIGEE_HUB_URL: urlOf("perigee"),
  SHOP_URL: urlOf("shop"),
  SAMPLE_WEBHOOK_URL: "http://127.0.0.1:9/",
  PERIGEE_PORT: "0",
};

/** Runs `perigee` on a runtime; `start` resolves when it says that it is ready. */
function perigee(runtime: readonly string[], ...words: string[]): ChildProcess {
  const [program = "", ...rest] = runtime;
  return spawn(program, [...rest, ...words], { env, stdio: ["ignore", "pipe", "inherit"] });
}

async function start(runtime: readonly string[]): Promise<{ daemon: ChildProcess; ms: number }> {
  const startedAt = performance.now();
  const daemon = perigee(runtime, "start");
  await new Promise<void>((resolve, reject) => {
    daemon.once("close", (code) => reject(new Error(`the daemon ended with ${code}`)));
    daemon.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes('"daemon_ready"')) resolve();
    });
  });
  return { daemon, ms: performance.now() - startedAt };
}

async function stop(daemon: ChildProcess): Promise<void> {
  const ended = once(daemon, "close");
  daemon.kill("SIGTERM");
  await ended;
}

/** Resident memory, MB. */
function memoryOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_000;
}

/** Processor time so far, ms; clock ticks of 10 ms. */
function processorMsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface DatabaseWork {
  readonly transactions: number;
  readonly activeMs: number;
}

async function readDatabaseWork(): Promise<DatabaseWork> {
  const connection = await openConnection(targetOf("postgres"));
  const [row] = await connection.sql<DatabaseWork[]>`
    select sum(xact_commit + xact_rollback)::float8 as transactions,
      sum(active_time)::float8 as "activeMs"
    from pg_stat_database where datname in ('perigee', 'shop')`;
  await connection.end();
  return row ?? fail("no statistics");
}

function report(bar: string, figure: number, limit: number | undefined, ms: number, runs: number) {
  const ratio = Number(figure.toPrecision(4));
  const result: PairedResult = {
    area: "idle",
    bar,
    ratio,
    holds: limit === undefined || ratio <= limit,
    median_ms: Number(ms.toPrecision(4)),
    runs,
    ...(limit === undefined ? {} : { limit }),
  };
  printResult(result);
}

/** The most that an idle daemon may be: megabytes on Deno, and one per cent of a processor. */
const mostMemory = 120;
const mostLoad = 10;

async function measure(name: string, runtime: readonly string[]): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < starts; run++) {
    const { daemon, ms } = await start(runtime);
    times.push(ms);
    await stop(daemon);
  }
  const ready = median(times);
  report(`${name}: seconds from exec to ready, hub there`, ready / 1_000, 1, ready, starts);
  const { daemon } = await start(runtime);
  await pause(settleMs);
  const [processor, database] = [processorMsOf(daemon), await readDatabaseWork()];
  await pause(seconds * 1_000);
  const after = await readDatabaseWork();
  const used = processorMsOf(daemon) - processor;
  const perSecond = (ms: number) => ms / seconds;
  const memory = memoryOf(daemon);
  await stop(daemon);
  const limit = name === "Deno" ? mostMemory : undefined;
  report(`${name}: resident memory when idle, MB`, memory, limit, seconds * 1_000, 1);
  report(`${name}: processor ms a second when idle`, perSecond(used), undefined, used, 1);
  const active = after.activeMs - database.activeMs;
  report(`${name}: databases at work, ms a second`, perSecond(active), mostLoad, active, 1);
  const transactions = perSecond(after.transactions - database.transactions);
  report(`${name}: transactions a second when idle`, transactions, undefined, active, 1);
}

try {
  const admin = await openConnection(targetOf("postgres"));
  await admin.sql.unsafe("create database perigee");
  await admin.end();
  const sample = perigee(runtimes["Deno"] ?? [], "sample");
  sample.stdout?.resume();
  const [code] = await once(sample, "close");
  if (code !== 0) fail(`perigee sample ended with ${code}`);
  for (const [name, runtime] of Object.entries(runtimes)) await measure(name, runtime);
} finally {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}
