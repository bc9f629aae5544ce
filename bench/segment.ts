/**
 * `npm run bench -- segment [--only first,again,few,many] [--json]`: evaluating one segment against
 * the same in SQL, and fifty at once against scans of their source.
 */
import type { ConditionOperator } from "../src/config/condition_operator.ts";
import type { Config } from "../src/config/model.ts";
import type { SegmentConfig } from "../src/config/model_segment.ts";
import { claimLease, type Lease } from "../src/hub/lease.ts";
import { runSegment, runSegments } from "../src/segment/run_segment.ts";
import { sampleSegment } from "../src/segment/sample_segment.ts";
import { importOnce } from "../test/support/imports.ts";
import { importOf, segmentOf, sourceOf, type World } from "../test/support/world.ts";
import { customerCount, withCustomers } from "./customers.ts";
import { isWanted } from "./is_wanted.ts";
import { pairedRatio, printResult } from "./paired.ts";

const area = "segment";
const half = customerCount / 2;
const shown = customerCount.toLocaleString("en");

function spending(name: string, id: number, operator: ConditionOperator, value: unknown) {
  const condition = { column: "spent", operator, value, ignoreCase: false, place: name };
  return segmentOf(name, id, {
    kind: "source",
    source: "customers",
    conditions: [condition],
    count: undefined,
    place: name,
  });
}

function evaluate(world: World, segment: SegmentConfig, config: Config) {
  return world.run(
    `segment/${segment.name}`,
    (context, deps) => runSegment(segment, context, deps),
    { config },
  );
}

/** As the schedule does it: every segment under its own lease, all of them in one evaluation. */
async function evaluateAll(
  world: World,
  segments: readonly SegmentConfig[],
  leases: ReadonlyMap<string, Lease>,
  config: Config,
): Promise<void> {
  await world.run("segment/all", async (context, deps) => {
    const runs = segments.map((segment) => {
      const lease = leases.get(segment.name);
      if (lease === undefined) throw new Error(`${segment.name} has no lease`);
      return { segment, context: { ...context, lease } };
    });
    await runSegments(runs, deps);
  }, { config });
}

async function claimAll(
  world: World,
  segments: readonly SegmentConfig[],
): Promise<Map<string, Lease>> {
  const leases = new Map<string, Lease>();
  for (const { name } of segments) {
    const lease = await claimLease(
      world.pool.sql,
      `segment/${name}`,
      crypto.randomUUID(),
      3_600_000,
    );
    if (lease !== undefined) leases.set(name, lease);
  }
  return leases;
}

await withCustomers(async (world) => {
  const config = world.config({ sources: new Map([["customers", sourceOf("customers")]]) });
  await importOnce(world, importOf("customers", "customers", []));
  await copySourceIntoHub(world);
  if (isWanted("first")) await measureFirst(world, config);
  if (isWanted("again")) await measureAgain(world, config);
  if (isWanted("few")) await measureFew(world, config);
  if (isWanted("many")) await measureMany(world, config);
});

function below(limit: number): SegmentConfig {
  return spending("half", 1, "<=", limit);
}

async function measureFirst(world: World, config: Config): Promise<void> {
  printResult(
    await pairedRatio(
      `${shown} contacts × ${shown} rows, half matching, first evaluation; one SQL statement in one database = 1`,
      1.5,
      () => evaluate(world, below(half), config),
      () => joinInOneDatabase(world),
      { area, runs: 5, kind: "atMost", prepare: () => forget(world) },
    ),
  );
}

async function measureAgain(world: World, config: Config): Promise<void> {
  const { connectors } = world;
  const deps = { config, hub: world.pool, hubTarget: world.hub.target, connectors };
  await forget(world);
  await evaluate(world, below(half), config);
  await world.hub.sql`vacuum analyze perigee.segment_members`;
  let turn = 0;
  const { signal } = new AbortController();
  printResult(
    await pairedRatio(
      `evaluation again, ${
        (customerCount / 1000).toLocaleString("en")
      } changes; computing the set alone = 1`,
      1.3,
      () => evaluate(world, below(half + turn % 2 * customerCount / 1000), config),
      () => sampleSegment(below(half), deps, { now: new Date(), limit: 1, signal }),
      { area, runs: 5, kind: "atMost", prepare: () => turn++ },
    ),
  );
}

async function measureFew(world: World, config: Config): Promise<void> {
  const few = fiftyOf(0.001, 100);
  const leases = await claimAll(world, few);
  printResult(
    await pairedRatio(
      "50 segments over one source, each with 0.1 % of its rows; a bare sequential scan = 1",
      10,
      () => evaluateAll(world, few, leases, config),
      () => scan(world),
      { area, runs: 5, kind: "atMost" },
    ),
  );
}

/** Reported without a bar: what they select has to be moved and joined, one scan or fifty. */
async function measureMany(world: World, config: Config): Promise<void> {
  const many = fiftyOf(0.02, 200);
  const leases = await claimAll(world, many);
  await evaluateAll(world, many, leases, config);
  await evaluate(world, below(customerCount), config);
  await world.hub.sql`vacuum analyze perigee.segment_members`;
  for (
    const [against, other] of [
      ["a bare sequential scan", () => scan(world)],
      ["one segment with all of these rows", () => evaluate(world, below(customerCount), config)],
    ] as const
  ) {
    const { limit: _bar, ...figure } = await pairedRatio(
      `50 segments over one source, each with 2 % of its rows; ${against} = 1`,
      Infinity,
      () => evaluateAll(world, many, leases, config),
      other,
      { area, runs: 3, kind: "atMost" },
    );
    printResult(figure);
  }
}

/** Segments that each select another share of the source. */
function fiftyOf(share: number, firstId: number): SegmentConfig[] {
  const rows = Math.round(customerCount * share);
  return Array.from({ length: 50 }, (_each, index) => {
    const range = [index * rows + 1, (index + 1) * rows];
    return spending(`s${firstId + index}`, firstId + index, "between", range);
  });
}

async function scan(world: World): Promise<void> {
  await world.shop.sql.begin(async (sql) => {
    await sql`set local max_parallel_workers_per_gather = 0`;
    await sql`select count(*) from customers`;
  });
}

/** The other side of the first bar needs everything in one database. */
async function copySourceIntoHub(world: World): Promise<void> {
  await world.hub.sql.unsafe(`
    create table customers (id bigint primary key, email text, spent numeric, filler text);
    insert into customers select row_number() over (), email, row_number() over (), repeat('n', 200)
      from perigee.contacts order by contact_id;
    create table members (like perigee.segment_members including all)`);
  await world.hub.sql`vacuum analyze customers, perigee.contacts`;
}

async function joinInOneDatabase(world: World): Promise<void> {
  await world.hub.sql.begin(async (sql) => {
    await sql`set local work_mem = '64MB'`;
    await sql`
      insert into members (segment_id, contact_id, entered_at)
      select 1, c.contact_id, now() from customers t
        join perigee.contacts c on lower(c.email) = lower(btrim(t.email))
      where t.spent <= ${half}`;
  });
}

async function forget(world: World): Promise<void> {
  await world.hub.sql`truncate perigee.segment_members, members`;
}
