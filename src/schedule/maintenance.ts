import type { Config } from "../config/model.ts";
import { pruneEvents } from "../event/prune_events.ts";
import { pruneNotices } from "../hub/alert_notices.ts";
import { pruneAlerts } from "../hub/alerts.ts";
import { pruneChanges } from "../hub/change_log.ts";
import { pruneRuns, type RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import type { Pool } from "../postgres/pool.ts";

/**
 * How often the hub is tidied, ms. Halved, the change log is a little shorter; doubled, it holds
 * twice as much that nobody needs, which each export's window steps over.
 */
export const maintenanceEveryMs = 300_000;

/** How long a notice that nobody sends is kept, ms: its webhook left the configuration. */
const noticesMs = 3 * 86_400_000;

/**
 * Deletes from the hub what the retention lets go: change-log rows that every export has read, old
 * delivery records, events, runs, and alerts that nobody looks after. In small transactions; safe beside exports and other daemons.
 * Says which exports fell behind the bound of the change log and will compare in full.
 */
export async function runMaintenance(
  config: Config,
  hub: Pool,
  context: RunContext,
): Promise<Counts> {
  const { retention, exports } = config;
  const changes = await pruneChanges(hub.sql, {
    exports: new Map([...exports.values()].map(({ name, datasets }) => [name, datasets])),
    maxRows: retention.maxChangeRows,
  });
  for (const { exportName, dataset } of changes.cutOff) {
    const reason = `it is more than ${retention.maxChangeRows} changes behind`;
    context.observe({ kind: "resync_needed", name: `export/${exportName}`, dataset, reason });
  }
  context.signal.throwIfAborted();
  const events = await pruneEvents(hub.sql, retention, context.signal);
  const alerts = await pruneAlerts(hub.sql);
  await pruneNotices(hub.sql, noticesMs);
  const runs = await pruneRuns(hub.sql, retention.runsMs);
  return {
    changes: changes.deleted,
    deliveries: events.deliveries,
    events: events.events,
    ticks: events.ticks,
    orphaned: events.orphaned,
    alerts,
    runs,
  };
}
