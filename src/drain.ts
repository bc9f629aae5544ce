import { type Foundation, type Generation } from "./generation.ts";
import type { Reload } from "./reload.ts";
import type { Runner } from "./schedule/runner.ts";
import { startUpgradeWatch, type UpgradeWatch } from "./schedule/upgrade_watch.ts";

/** What drains; all of it is handed in. */
export interface DrainOptions {
  readonly foundation: Foundation;
  readonly runner: Runner;
  readonly reload: Reload;
  readonly current: () => Generation;
  /** Numbers of the migrations that this version has. */
  readonly known: readonly number[];
}

/**
 * From the moment at which a newer version has migrated the hub, begins nothing any more: schedules,
 * wake-ups, deliveries, alerts and reloads end, runs at work finish, HTTP goes on. A daemon of that
 * version does the rest, and somebody ends this one.
 */
export function startDrainWatch(options: DrainOptions): UpgradeWatch {
  const { foundation, runner, reload, current, known } = options;
  const { hub, clock, observe, scheduler } = foundation;
  const drain = async () => {
    await reload.stop();
    await Promise.all([scheduler.stop(), current().quiesce()]);
    await runner.whenIdle();
    observe({ kind: "daemon_drained" });
  };
  return startUpgradeWatch({
    hub: hub.pool.sql,
    known,
    clock,
    observe,
    onOutgrown: () => void drain(),
  });
}
