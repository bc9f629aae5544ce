import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { systemClock } from "../src/clock.ts";
import { startChangeWatcher } from "../src/export/change_watcher.ts";
import { runExport } from "../src/export/run_export.ts";
import { describeFailure } from "../src/postgres/failure.ts";
import { openListener } from "../src/postgres/listen.ts";
import { Runner } from "../src/schedule/runner.ts";
import { bounded } from "./export_pairs.ts";
import { contactsExport, type ExportWorld } from "./export_world.ts";
import { openReplica, waitUntil } from "./logical_replica.ts";
import { printResult } from "./paired.ts";

const changes = 300;

/**
 * From the commit of one row in the hub to its being visible at the customer's, with the daemon's
 * own parts: LISTEN, watcher, runner and export; and the same by logical replication, in turn.
 */
export async function measureLatency(world: ExportWorld): Promise<void> {
  await world.run();
  const replica = await openReplica(world);
  const stop = startExporting(world);
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let change = -20; change < changes; change += 1) {
      const mine = await timeOne(world, change, () => isVisible(world, change));
      await replica.catchUp();
      const replicated = await timeOne(
        world,
        change + 10_000,
        () => isReplicated(world, change + 10_000),
      );
      await waitUntil(() => isVisible(world, change + 10_000));
      if (change >= 0) (ours.push(mine), theirs.push(replicated));
    }
  } finally {
    await stop();
    await replica.close();
  }
  report("one row changed to visible", ours, 8, 40);
  const [p50, p99] = [percentile(theirs, 0.5), percentile(theirs, 0.99)];
  console.error(
    `export: logical replication in the same run: p50 ${p50.toFixed(2)} ms, p99 ${
      p99.toFixed(2)
    } ms`,
  );
}

function report(what: string, times: number[], p50: number, p99: number): void {
  const [half, most] = [percentile(times, 0.5), percentile(times, 0.99)];
  printResult(bounded(`${what}, p50 in ms`, half, p50, half, changes));
  printResult(bounded(`${what}, p99 in ms`, most, p99, half, changes));
}

function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
}

async function timeOne(
  { hub }: ExportWorld,
  change: number,
  isThere: () => Promise<boolean>,
): Promise<number> {
  await hub.sql`update perigee.contacts set total_clicked = ${change} where contact_id = 77`;
  const committedAt = performance.now();
  await waitUntil(isThere);
  return performance.now() - committedAt;
}

async function isVisible({ customer }: ExportWorld, change: number): Promise<boolean> {
  const rows = await customer.sql`
    select from contacts where "contactId" = 77 and "totalClicked" = ${change}`;
  return rows.length === 1;
}

async function isReplicated({ peer }: ExportWorld, change: number): Promise<boolean> {
  const rows = await peer.sql`
    select from perigee.contacts where contact_id = 77 and total_clicked = ${change}`;
  return rows.length === 1;
}

/** The daemon's way for an export on change with no debounce; answers how to stop it. */
function startExporting({ hub, deps }: ExportWorld): () => Promise<void> {
  const observe = () => undefined;
  const runner = new Runner({
    hub: hub.sql,
    daemonId: randomUUID(),
    clock: systemClock,
    observe,
    describe: (error) => describeFailure(error, { doing: "export", target: hub.target }),
    leaseMs: 60_000,
  });
  const state: { isAsked: boolean; running: Promise<void> | undefined } = {
    isAsked: false,
    running: undefined,
  };
  const drain = async () => {
    while (state.isAsked) {
      state.isAsked = false;
      await runner.run({
        name: "export/bench",
        scheduledAt: new Date(),
        cause: "notify",
        isRetry: false,
        supersedesOlder: true,
        work: (context) => runExport(contactsExport, context, deps),
      });
    }
    state.running = undefined;
  };
  const wake = () => {
    state.isAsked = true;
    state.running ??= drain();
  };
  const watcher = startChangeWatcher({ hub, exports: [contactsExport], wake, observe });
  const listener = openListener(deps.hubTarget, {
    channels: { perigee_changes: () => watcher.heard() },
    onListening: () => watcher.heard(),
    onDeaf: () => undefined,
  });
  return async () => {
    await listener.close();
    await watcher.close();
    await state.running;
  };
}
