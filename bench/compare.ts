/**
 * `npm run bench -- compare [--sizes 10000,100000,1000000] [--runs 5] [--json] [--write]`: what a
 * first load of contacts and an update of 1 % of them take with Perigee and with what people use
 * instead, on the same data in the same run. Contents are compared before a figure counts. `--write`
 * draws the times against the sizes into docs/benchmarks, those of other sizes that were kept too.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { requireDataset } from "../src/dataset/datasets.ts";
import { findEmbeddedBinaries, findSystemBinaries } from "../src/embedded/binaries.ts";
import { openPool } from "../src/postgres/pool.ts";
import { createTools, type Tool } from "./compare_tools.ts";
import { changeContacts } from "./export_changes.ts";
import { type ExportWorld, hubRowsQuery, openExportWorld, targetOf } from "./export_world.ts";
import { median, printResult, spreadOfRatios } from "./paired.ts";

const changedShare = 0.01;

/** The times of one tool at one size, in ms, one for each round. */
interface Times {
  readonly load: number[];
  readonly update: number[];
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Whether the program is there; says which comparison is left out when it is not. */
function isUsable({ name, program }: Tool, major: number): boolean {
  if (program === undefined) return true;
  const { error, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const isMissing = error !== undefined;
  const isTooOld = program === "pg_dump" && Number(/ (\d+)/.exec(stdout ?? "")?.[1] ?? 0) < major;
  if (isMissing) console.error(`compare: without ${name}, because ${program} is not installed`);
  else if (isTooOld) console.error(`compare: without ${name}, because it is older than the server`);
  return !isMissing && !isTooOld;
}

async function time(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Fails unless the tool's table holds the hub's rows, in number and in hash. */
async function assertSame(world: ExportWorld, tool: Tool): Promise<void> {
  const columns = requireDataset("contacts").columns.map(({ parameter }) => `"${parameter}"`);
  const [names, hubRows] = tool.shape === "documented"
    ? [columns, `(${hubRowsQuery()})`]
    : [["contact_id", "email", "last_name", "last_clicked_date", "total_sent"], "perigee.contacts"];
  const read = (from: string) =>
    `select count(*)::text as rows, sum(hashtextextended(row(${
      names.map((name) => `t.${name}`)
    })::text, 0))::text as hash from ${from} as t`;
  const target = openPool(targetOf(world.url(tool.database), tool.database), { max: 1 });
  try {
    const [wanted] = await world.hub.sql.unsafe(read(hubRows));
    const [found] = await target.sql.unsafe(read(tool.table));
    assert.deepEqual({ ...found }, { ...wanted }, `the rows of ${tool.name} differ from the hub's`);
  } finally {
    await target.close();
  }
}

/** The tools in another order each round, the one that applies by itself first. */
function inTurn(tools: readonly Tool[], round: number): Tool[] {
  const others = tools.filter(({ name }) => name !== "logical replication");
  const at = round % others.length;
  const first = tools.filter(({ name }) => name === "logical replication");
  return [...first, ...others.slice(at), ...others.slice(0, at)];
}

async function measure(
  world: ExportWorld,
  tools: readonly Tool[],
  runs: number,
): Promise<Map<string, Times>> {
  const times = new Map<string, Times>(tools.map(({ name }) => [name, { load: [], update: [] }]));
  for (let round = 0; round < runs; round += 1) {
    for (const tool of inTurn(tools, round)) {
      await tool.empty();
      await world.hub.sql`checkpoint`;
      times.get(tool.name)?.load.push(await time(() => tool.load()));
    }
  }
  for (const tool of tools) await assertSame(world, tool);
  for (let round = 0; round < runs; round += 1) {
    await world.hub.sql`checkpoint`;
    await changeContacts(world, Math.round(world.rows * changedShare));
    for (const tool of inTurn(tools, round)) {
      times.get(tool.name)?.update.push(await time(() => tool.update()));
    }
  }
  for (const tool of tools) await assertSame(world, tool);
  for (const tool of tools) await tool.empty();
  return times;
}

function report(work: "load" | "update", rows: number, times: ReadonlyMap<string, Times>): void {
  const ours = times.get("Perigee")?.[work] ?? [];
  for (const [name, { [work]: theirs }] of times) {
    if (name === "Perigee") continue;
    const what = work === "load" ? "first load" : `${changedShare * 100} % changed`;
    printResult({
      area: "compare",
      bar: `${rows.toLocaleString("en")} contacts, ${what}: Perigee's time / ${name}`,
      ratio: Number((median(ours) / median(theirs)).toPrecision(3)),
      spread: spreadOfRatios(ours, theirs),
      holds: true,
      median_ms: Number(median(ours).toPrecision(4)),
      runs: ours.length,
      cost: { work, rows, other: name },
    });
  }
}

const sizes = (option("sizes") ?? "10000,100000,1000000").split(",").map(Number);
const runs = Number(option("runs") ?? 5);
const server = (await findSystemBinaries())[0] ?? await findEmbeddedBinaries();
for (const rows of sizes) {
  const world = await openExportWorld(rows, server);
  try {
    const tools = (await createTools(world)).filter((tool) => isUsable(tool, server.major));
    const times = await measure(world, tools, runs);
    for (const work of ["load", "update"] as const) report(work, rows, times);
  } finally {
    await world.close();
  }
}
