import { performance } from "node:perf_hooks";
import { Logger, run, runMigrations } from "graphile-worker";
import PgBoss from "pg-boss";
import { openTestDatabase, type Scope } from "../test/support/database.ts";
import type { PostClient } from "./post_client.ts";
import { median, printResult } from "./paired.ts";

/** A way to get bodies that wait in a Postgres to a receiver. */
export interface QueueWay {
  readonly name: string;
  /** Queues the bodies; not timed. */
  prepare(): Promise<void>;
  /** Delivers all that is queued, and resolves when that is recorded. */
  deliver(): Promise<void>;
}

const rounds = 3;

/** Jobs that pg-boss is asked for at a time: it pauses between two fetches, so few would idle it. */
const bossBatch = 1_000;

/** Shortest pause between two fetches that pg-boss takes, seconds. */
const bossPollSeconds = 0.5;

/**
 * Job queues as they are installed from npm, one job an event, beside our own deliveries: the same
 * bodies to the same receiver, with as many requests under way. Nothing is promised of the ratio.
 */
export async function reportQueues(
  scope: Scope,
  ours: QueueWay,
  bodies: readonly string[],
  client: PostClient,
): Promise<void> {
  const others = [
    await openGraphileWorker(scope, bodies, client),
    await openPgBoss(scope, bodies, client),
  ];
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const way of [ours, ...others]) {
      await way.prepare();
      const startedAt = performance.now();
      await way.deliver();
      const elapsed = performance.now() - startedAt;
      if (round > 0) times.set(way.name, [...times.get(way.name) ?? [], elapsed]);
    }
  }
  const own = median(times.get(ours.name) ?? []);
  for (const { name } of others) {
    const theirs = median(times.get(name) ?? []);
    printResult({
      area: "delivery",
      bar: `deliveries of ${bodies.length.toLocaleString("en")} events, speed against ${name} (${
        Math.round(bodies.length / theirs * 1000).toLocaleString("en")
      } a second, ours ${Math.round(bodies.length / own * 1000).toLocaleString("en")})`,
      ratio: Number((theirs / own).toPrecision(4)),
      holds: true,
      median_ms: Number(own.toPrecision(4)),
      runs: rounds,
    });
  }
}

async function openGraphileWorker(
  scope: Scope,
  bodies: readonly string[],
  client: PostClient,
): Promise<QueueWay> {
  const { sql, url: connectionString } = await openTestDatabase(scope);
  const logger = new Logger(() => () => undefined);
  await runMigrations({ connectionString, logger });
  return {
    name: "graphile-worker",
    async prepare() {
      await sql`
        select graphile_worker.add_job('deliver', json_build_object('body', body))
        from json_array_elements_text(${JSON.stringify(bodies)}::text::json) as given (body)`;
    },
    async deliver() {
      const runner = await run({
        connectionString,
        logger,
        concurrency: client.concurrency,
        noHandleSignals: true,
        taskList: { deliver: (payload) => client.post((payload as { body: string }).body) },
      });
      await untilNone(async () => {
        const [row] = await sql`select 1 from graphile_worker.jobs limit 1`;
        return row === undefined;
      });
      await runner.stop();
    },
  };
}

async function openPgBoss(
  scope: Scope,
  bodies: readonly string[],
  client: PostClient,
): Promise<QueueWay> {
  const { sql, url } = await openTestDatabase(scope);
  const boss = new PgBoss({ connectionString: url, max: client.concurrency });
  await boss.start();
  scope.after(() => boss.stop({ graceful: false, wait: true }));
  await boss.createQueue("deliver");
  return {
    name: "pg-boss",
    async prepare() {
      await boss.insert(bodies.map((body) => ({ name: "deliver", data: { body } })));
    },
    async deliver() {
      const options = { batchSize: bossBatch, pollingIntervalSeconds: bossPollSeconds };
      await boss.work<{ body: string }>(
        "deliver",
        options,
        (jobs) => client.postAll(jobs.map((job) => job.data.body)),
      );
      await untilNone(async () => {
        const [row] = await sql`select 1 from pgboss.job where state < 'completed' limit 1`;
        return row === undefined;
      });
      await boss.offWork("deliver");
    },
  };
}

async function untilNone(isNone: () => Promise<boolean>): Promise<void> {
  while (!await isNone()) await new Promise((resolve) => setTimeout(resolve, 5));
}
