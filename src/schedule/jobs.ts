import type { ConnectorRegistry } from "../connector/registry.ts";
import type { Config, ScheduleConfig } from "../config/model.ts";
import type { ExportSessions } from "../export/export_sessions.ts";
import { runExport } from "../export/run_export.ts";
import type { Tick } from "../hub/run.ts";
import { runImport } from "../import/run_import.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { segmentConnectors } from "../segment/segment_connectors.ts";
import { missedTicks } from "../trigger/missed_ticks.ts";
import { runTrigger } from "../trigger/run_trigger.ts";
import type { Job } from "./job.ts";
import { maintenanceEveryMs, runMaintenance } from "./maintenance.ts";
import type { RunResult } from "./runner.ts";
import { SegmentBatches } from "./segment_batches.ts";
import { type Ticks, ticksOf } from "./ticks.ts";

/** What runs work with; the daemon and the command line hand in the same. */
export interface RunDeps {
  readonly config: Config;
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
  /** Warm connections of exports on change; a command does without. */
  readonly sessions?: ExportSessions;
  /** An import may remove more contacts than its guard allows; only a command says so. */
  readonly isConfirmed?: boolean;
}

/**
 * Runs a tick of another job and waits for it, also one that was tried before and did not succeed:
 * a trigger refreshes its segment this way, and must not go on with what it held before.
 */
export type RunTick = (tick: Tick) => Promise<RunResult>;

const importWave = 1;
const segmentWave = 2;
const exportWave = 3;

const maintenanceWave = 4;

const unlimited: ScheduleConfig = {
  cron: undefined,
  everyMs: undefined,
  timezone: "UTC",
  startsAt: undefined,
  endsAt: undefined,
  weekdays: [],
};

/** Everything in the configuration that runs, as jobs. Pure but for the work inside. */
export function jobsOf(deps: RunDeps, runTick: RunTick): Job[] {
  const { imports, segments, triggers, exports } = deps.config;
  const batches = new SegmentBatches(deps);
  return [
    ...[...imports.values()].map((each): Job => ({
      ...plainJob(`import/${each.name}`, importWave, each.schedule),
      work: (context) => runImport(each, context, deps),
      ...listening(each.listen === undefined ? [] : [each.connector], each.listen),
    })),
    ...[...segments.values()].map((each): Job => ({
      ...plainJob(`segment/${each.name}`, segmentWave, each.schedule),
      work: (context) => batches.run(each, context),
      ...listening(segmentConnectors(each, deps.config), each.listen),
      debounceMs: each.debounceMs,
      followers: (cause, counts) => triggersAfter(deps.config, each.name, cause, counts),
    })),
    ...[...triggers.values()].map((each): Job => triggerJob(each.name, deps, runTick)),
    ...[...exports.values()].map((each): Job => ({
      ...plainJob(`export/${each.name}`, exportWave, each.schedule),
      work: (context) => runExport(each, context, deps),
      runsAtStart: each.onChange,
      debounceMs: each.debounceMs,
    })),
    {
      ...plainJob("hub/maintenance", maintenanceWave, {
        ...unlimited,
        everyMs: maintenanceEveryMs,
      }),
      missedTicks: () => [],
      work: (context) => runMaintenance(deps.config, deps.hub, context),
    },
  ];
}

function plainJob(name: string, wave: number, schedule: ScheduleConfig): Omit<Job, "work"> {
  const ticks = ticksOf(schedule);
  return {
    name,
    wave,
    ticks,
    runsAtStart: false,
    supersedesOlder: true,
    skipsWhenBusy: false,
    channels: [],
    debounceMs: 100,
    followers: () => [],
    missedTicks: (lastSuccess, now) => lastMissedTick(ticks, lastSuccess, now),
  };
}

/** The last tick that nobody ran; one run makes up for all of them. */
function lastMissedTick(ticks: Ticks | undefined, last: Date | undefined, now: Date): Date[] {
  const tick = ticks?.previous(now);
  return tick === undefined || (last !== undefined && last >= tick) ? [] : [tick];
}

function listening(
  connectors: readonly string[],
  channel: string | undefined,
): Pick<Job, "channels" | "runsAtStart"> {
  if (channel === undefined) return { channels: [], runsAtStart: false };
  return {
    channels: connectors.map((connector) => ({ connector, channel })),
    runsAtStart: true,
  };
}

function triggerJob(name: string, deps: RunDeps, runTick: RunTick): Job {
  const trigger = deps.config.triggers.get(name);
  if (trigger === undefined) throw new Error(`there is no trigger ${name}`);
  const plain = plainJob(`trigger/${name}`, segmentWave, trigger.schedule);
  return {
    ...plain,
    supersedesOlder: false,
    skipsWhenBusy: trigger.skipIfRunning,
    missedTicks: (lastSuccess, now) => missedTicks(trigger, plain.ticks, lastSuccess, now),
    work: async (context) => {
      // A NOTIFY reaches the trigger through its segment, which has just been evaluated.
      if (context.cause !== "notify") {
        const { scheduledAt, cause } = context;
        const segment = `segment/${trigger.segment}`;
        const result = await runTick({ name: segment, scheduledAt, cause });
        if (result.state === "failed") throw result.error;
      }
      return await runTrigger(trigger, context, deps);
    },
  };
}

/** Triggers that fire because their segment was evaluated: after a NOTIFY, or one missed while down. */
function triggersAfter(
  config: Config,
  segment: string,
  cause: Tick["cause"],
  counts: Readonly<Record<string, number>>,
): string[] {
  const isDue = cause === "notify" || (cause === "start" && (counts["entered"] ?? 0) > 0);
  if (!isDue) return [];
  return [...config.triggers.values()]
    .filter((trigger) => trigger.onNotify && trigger.segment === segment)
    .map((trigger) => `trigger/${trigger.name}`);
}
