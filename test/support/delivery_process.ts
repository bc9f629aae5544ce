import { randomUUID } from "node:crypto";
import process from "node:process";
import { systemClock } from "../../src/clock.ts";
import type { Config } from "../../src/config/model.ts";
import { startDeliveries } from "../../src/event/delivery_worker.ts";
import { claimLease, releaseLease } from "../../src/hub/lease.ts";
import { openPool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { runTrigger } from "../../src/trigger/run_trigger.ts";
import { webhookSink } from "../event/fixture.ts";
import { birthdayTrigger, shopDeps } from "../trigger/fixture.ts";

/** What a process is told, as JSON in its only argument. */
export interface DeliveryWork {
  readonly hub: ConnectionTarget;
  readonly shop: ConnectionTarget;
  readonly receiverUrl: string;
  /** Ticks to run, whoever gets to them. */
  readonly ticks: readonly string[];
}

/** Time for which a killed process keeps the trigger from the others, ms. */
const leaseMs = 2_000;

/**
 * A daemon's share of triggers and deliveries, to be killed at any moment: it runs every tick over
 * and over, as retries do, and delivers. It prints a line when it is ready.
 */
const work = JSON.parse(process.argv[2] ?? "") as DeliveryWork;
const hub = openPool(work.hub, { max: 4 });
const sink = webhookSink(work.receiverUrl, { timeoutMs: 500, maxAttempts: 100 });
const deliveries = startDeliveries({
  config: { sinks: new Map([[sink.name, sink]]), routes: [], triggers: new Map() } as Pick<
    Config,
    "sinks" | "routes" | "triggers"
  >,
  hub,
  clock: systemClock,
  observe: () => undefined,
});
console.log("ready");

const trigger = birthdayTrigger({ catchUp: "all" });
for (;;) {
  for (const tick of work.ticks) {
    try {
      await runOnce(tick);
    } catch {
      // Another process holds the lease by now, or the tick is not planned yet: the next round is.
    }
    deliveries.wake();
  }
}

async function runOnce(tick: string): Promise<void> {
  const lease = await claimLease(hub.sql, "trigger/birthday", randomUUID(), leaseMs);
  if (lease === undefined) return await systemClock.sleep(20);
  const context = {
    runId: "1",
    name: "trigger/birthday",
    scheduledAt: new Date(tick),
    cause: "schedule" as const,
    lease,
    signal: AbortSignal.timeout(leaseMs),
    observe: () => undefined,
    clock: systemClock,
  };
  await runTrigger(trigger, context, shopDeps(hub, work.hub, work.shop));
  await releaseLease(hub.sql, lease);
}
