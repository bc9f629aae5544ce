import type { Sql } from "postgres";
import type { Clock } from "../clock.ts";
import { findUnknownMigration } from "../hub/unknown_migration.ts";
import type { Observe } from "../observe/observation.ts";

/**
 * How often the hub is asked which migrations it has, ms. The one who migrates notifies, and no tick
 * can be claimed after a migration that is unknown here; so this bounds only how long deliveries go
 * on where the notification was lost. Halved, twice as many questions of an idle daemon.
 */
const intervalMs = 10_000;

/** What the watch works with; all of it is handed in. */
export interface UpgradeWatchOptions {
  readonly hub: Sql;
  /** Numbers of the migrations that this version has. */
  readonly known: readonly number[];
  readonly clock: Clock;
  readonly observe: Observe;
  /** Called once, when the hub has a migration that is not known. */
  readonly onOutgrown: () => void;
}

/** Looks until it found something, or is stopped. */
export interface UpgradeWatch {
  /** Looks now: the hub was migrated. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Notices that a newer version of Perigee has migrated the hub, so that this daemon can drain: what
 * it would claim now is for a schema that it does not know.
 */
export function startUpgradeWatch(options: UpgradeWatchOptions): UpgradeWatch {
  const stopping = new AbortController();
  let looking = Promise.resolve();
  const look = async () => {
    if (stopping.signal.aborted) return;
    // A hub that does not answer is told of by its listener; the next look comes by itself.
    const migration = await findUnknownMigration(options.hub, options.known).catch(() => undefined);
    if (migration === undefined || stopping.signal.aborted) return;
    stopping.abort();
    options.observe({ kind: "hub_outgrown", migration });
    options.onOutgrown();
  };
  const wake = () => {
    looking = looking.then(look);
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      wake();
      await options.clock.sleep(intervalMs, stopping.signal).catch(() => undefined);
    }
  })();
  return {
    wake,
    async stop() {
      stopping.abort();
      await Promise.all([watching, looking]);
    },
  };
}
