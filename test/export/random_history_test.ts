import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Sql } from "postgres";
import { openPool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import type { Scope } from "../support/database.ts";
import { assertEqualContent } from "../support/export_content.ts";
import { openExport } from "../support/export_fixture.ts";
import { runtimeCommand } from "../support/runtime_command.ts";
import { waitFor } from "../support/wait.ts";

/** How long writers write and things break at least, ms. */
const stormMs = Number(process.env["PERIGEE_STORM_MS"] ?? 8_000);

/** Numbers that a seed decides, in [0, 1). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Longest storm, ms: on a slow machine it takes longer until enough has happened. */
const longestStormMs = 90_000;

/** How long a run is waited for before something breaks although none came to its end, ms. */
const patienceMs = 4_000;

/** What happens to the export, from a seed, until enough has happened. */
class Storm {
  readonly random: () => number;
  /** Runs that came to their end in processes that were killed later. */
  runs = 0;
  /** Looks at the customer's tables. */
  looks = 0;
  readonly #startedAt = performance.now();
  #mayBreakAt = 0;
  #runsAtBreak = 0;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  get isOver(): boolean {
    const elapsed = performance.now() - this.#startedAt;
    const isEnough = this.runs >= 5 && this.looks >= 50;
    return elapsed > (isEnough ? stormMs : longestStormMs);
  }

  /** May something break now? On a slow machine the export gets the time for a run in between. */
  mayBreak(): boolean {
    const now = performance.now();
    if (this.runs === this.#runsAtBreak && now < this.#mayBreakAt) return false;
    this.#runsAtBreak = this.runs;
    this.#mayBreakAt = now + patienceMs;
    return true;
  }
}

function pick(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One small change of the hub; an order always comes, changes and goes together with its items. */
function randomChange(random: () => number): string {
  const id = 1 + pick(random, 60);
  const changes = [
    `insert into perigee.contacts (email, first_name)
      values (gen_random_uuid() || '@x.example.com', 'n${id}')`,
    `update perigee.contacts set total_sent = total_sent + 1, last_sent_date = clock_timestamp()
      where contact_id % 17 = ${id % 17}`,
    `delete from perigee.contacts where contact_id % 61 = ${id}`,
    `update perigee.contacts set contact_id = contact_id + 100000
      where contact_id = ${id} and not exists
        (select from perigee.contacts where contact_id = ${id} + 100000)`,
    `with placed as (insert into perigee.orders (status, total_cost)
        values ('INITIALIZED', ${id}.5) returning order_id)
      insert into perigee.order_items (order_id, name, cost)
        select order_id, 'Item ' || i, i from placed, generate_series(1, 1 + ${id} % 3) as i`,
    `update perigee.orders set status = 'DELIVERED', order_date = now() where order_id % 7 = ${
      id % 7
    }`,
    `with gone as (delete from perigee.orders where order_id % 29 = ${id % 29} returning order_id)
      delete from perigee.order_items where order_id in (select order_id from gone)`,
    `insert into perigee.events (event_type_key, contact_id, params_json)
      values ('e${id}', ${id}, '[{"name": "n", "value": "${id}"}]')`,
    `insert into perigee.devices (application_id, device_id, contact_id)
      values (${id % 5}, 'd${id}', ${id}) on conflict (application_id, device_id)
      do update set contact_id = excluded.contact_id, category = 'again'`,
    `insert into perigee.contact_activities (contact_id, activity_status)
      select ${id}, 'DELIVERED' from generate_series(1, 150)`,
    `update perigee.contact_activities set activity_status = 'CLICKED' where row_id % 97 = ${id}`,
    `insert into perigee.revenue (external_order_id, total_cost) values ('o${id}', ${id}.25)`,
    `update perigee.revenue set total_cost = total_cost + 1 where row_id % 5 = ${id % 5}`,
    `insert into perigee.broadcasts (name) values ('b${id}')`,
    `insert into perigee.messages (name) values ('m${id}')`,
  ];
  return changes[pick(random, changes.length)] ?? "";
}

/** A transaction of several changes: with savepoints, long, rolled back or prepared, as it falls. */
async function writeRandomly(sql: Sql, storm: Storm, isLong: boolean): Promise<void> {
  const { random } = storm;
  while (!storm.isOver) {
    const isPrepared = random() < 0.1;
    const session = await sql.reserve();
    try {
      await session`begin`;
      if (isPrepared) await session`set local perigee.notify = off`;
      for (let change = 0; change <= pick(random, 4); change += 1) {
        await session`savepoint s`;
        await session.unsafe(randomChange(random));
        if (random() < 0.15) await session`rollback to savepoint s`;
        if (isLong) await pause(random() * 150);
      }
      if (!isPrepared) await session.unsafe(random() < 0.1 ? "rollback" : "commit");
      else await finishPrepared(session, random);
    } catch (error) {
      // Writers lose deadlocks and races among one another, as real ones do.
      if (typeof (error as { code?: unknown }).code !== "string") throw error;
      await session`rollback`;
    } finally {
      session.release();
    }
    await pause(random() * 10);
  }
}

async function finishPrepared(session: Sql, random: () => number): Promise<void> {
  const name = `t${crypto.randomUUID()}`;
  await session.unsafe(`prepare transaction '${name}'`);
  await pause(random() * 100);
  await session.unsafe(`${random() < 0.2 ? "rollback" : "commit"} prepared '${name}'`);
}

/** Exports in a process of its own, which is killed and started again until the storm is over. */
async function exportAndKill(scope: Scope, targets: string, storm: Storm): Promise<void> {
  const { random } = storm;
  const file = fileURLToPath(new URL("../support/export_process.ts", import.meta.url));
  const children = new Set<ChildProcess>();
  scope.after(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  while (!storm.isOver) {
    const [program, words] = runtimeCommand(file, [targets]);
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    children.add(child);
    const ended = new Promise((resolve) => child.once("close", resolve));
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.stdout?.on("data", (text: Uint8Array) => storm.runs += countRuns(text));
    await pause(random() * 1_500);
    child.kill("SIGKILL");
    await ended;
    children.delete(child);
  }
}

/** How many runs a process tells of that came to their end. */
function countRuns(text: Uint8Array): number {
  return new TextDecoder().decode(text).split("\n").filter((line) => line.startsWith("{")).length;
}

/** Ends sessions of exports at either end, in whatever they are doing. */
async function endBackends(databases: readonly Sql[], storm: Storm): Promise<void> {
  const { random } = storm;
  while (!storm.isOver) {
    await pause(150 + random() * 700);
    if (!storm.mayBreak()) continue;
    const sql = databases[pick(random, databases.length)];
    await sql?.unsafe(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name in ('perigee export/shop', 'perigee shop')
      order by random() limit 1`);
  }
}

/** Looks at the customer's tables all the time and throws at an order without items. */
async function watchOrders(sql: Sql, storm: Storm): Promise<void> {
  while (!storm.isOver) {
    const [table] = await sql<{ isThere: boolean }[]>`
      select to_regclass('orders') is not null and to_regclass('"orderItems"') is not null
        as "isThere"`;
    if (table?.isThere === true) {
      const [row] = await sql<{ bare: string; lost: string }[]>`
        select (select count(*) from orders as o where not exists
            (select from "orderItems" as i where i."orderId" = o."orderId")) as bare,
          (select count(*) from "orderItems" as i where not exists
            (select from orders as o where o."orderId" = i."orderId")) as lost`;
      assert.deepEqual({ ...row }, { bare: "0", lost: "0" }, "an order was seen without its items");
      storm.looks += 1;
    }
    await pause(5);
  }
}

function openWriters(scope: Scope, target: ConnectionTarget): Sql {
  const pool = openPool(target, { max: 5, applicationName: "writers" });
  scope.after(() => pool.close(0));
  return pool.sql;
}

test("whatever writers do and whatever is killed, every table equals its dataset in the end, and no order is ever seen without its items", async (t) => {
  const { hub, customer, run } = await openExport(t);
  const writers = openWriters(t, hub.target);
  const seed = Number(process.env["PERIGEE_SEED"] ?? Math.floor(Math.random() * 1e9));
  const storm = new Storm(seed);
  const name = (target: typeof hub.target, what: string) => ({ ...target, name: what });
  const targets = JSON.stringify({
    hub: name(hub.target, "hub"),
    customer: name(customer.target, "shop"),
  });
  await Promise.all([
    exportAndKill(t, targets, storm),
    watchOrders(customer.sql, storm),
    endBackends([hub.sql, customer.sql], storm),
    ...[false, false, false, true, true].map((isLong) => writeRandomly(writers, storm, isLong)),
  ]);
  await waitFor("the last run's sessions to end", async () => {
    const rows = await customer.sql`select pid from pg_stat_activity
      where datname = current_database() and application_name in ('perigee export/shop', 'perigee shop')
        and state <> 'idle'`;
    return rows.length === 0 ? true : undefined;
  });
  await run();
  await assertEqualContent(hub.sql, customer.sql, `seed ${seed}`);
  const { runs, looks } = storm;
  assert.ok(runs >= 5 && looks >= 50, `too little happened: ${runs} runs, ${looks} looks`);
  assert.equal((await run())["datasets"], 0);
});
