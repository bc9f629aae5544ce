import type { Clock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { WakeSignal } from "../event/wake_signal.ts";
import { pruneNotices } from "../hub/alert_notices.ts";
import { type AlertKey, settleAlerts, type Trouble } from "../hub/alerts.ts";
import { findFreshness } from "../hub/freshness.ts";
import { readHubId } from "../hub/hub_id.ts";
import { findDisabledSinks, findRunTroubles } from "../hub/run_troubles.ts";
import type { Observe } from "../observe/observation.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import { stalenessLimits } from "../schedule/staleness_limits.ts";
import type { AlertWatch } from "./alert_watch.ts";
import { findTroubles, type Judged } from "./find_troubles.ts";
import { makeNoticeSenders, type NoticeSender } from "./notice_sender.ts";

/**
 * How often everything is looked at besides what wakes the loop, ms. Halved, a recovery is told
 * sooner at the price of twice the idle statements.
 */
const intervalMs = 10_000;

/** Least time between two looks, ms: a burst of changes is one look. */
const leastGapMs = 500;

/** A daemon that misses three looks is taken for dead and its reports for gone, ms. */
const reportLifeMs = 3 * intervalMs;

/** Notices of addresses that are not configured any more are dropped after this time, ms. */
const keptMs = 3 * 86_400_000;

/** What alerts work with. */
export interface AlertDeps {
  readonly config: Config;
  readonly hub: Pool;
  readonly daemonId: string;
  readonly watch: AlertWatch;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** The alerts of one daemon. */
export interface Alerts {
  /** Lets a request under way end. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Tells the configured webhooks of each change of state once, whatever the number of daemons: every
 * daemon reports to the hub what it sees, the hub decides what changed, and one daemon sends. Does
 * nothing without webhooks. While the hub is away nobody can agree, so nothing is sent.
 */
export function startAlerts(deps: AlertDeps): Alerts {
  if (deps.config.alerts.webhooks.length === 0) return { stop: () => Promise.resolve() };
  const signal = new WakeSignal();
  const stopping = new AbortController();
  const startedAt = performance.now();
  let senders: readonly NoticeSender[] = [];
  deps.watch.listen(() => signal.wake());

  const look = async () => {
    const { config, hub, clock, observe } = deps;
    if (senders.length === 0) {
      const hubId = await readHubId(hub.sql);
      senders = makeNoticeSenders(config.alerts, { hub, hubId, clock, observe });
    }
    await reportOnce(deps, senders, performance.now() - startedAt);
    await Promise.all(senders.map((sender) => sender.sendDue()));
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error) => observeFault(deps, error));
      await deps.clock.sleep(leastGapMs, stopping.signal).catch(() => undefined);
      await signal.sleep(stopping.signal.aborted ? 0 : intervalMs - leastGapMs);
    }
    for (const sender of senders) sender.close();
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      signal.wake();
      await running;
    },
  };
}

async function reportOnce(
  deps: AlertDeps,
  senders: readonly NoticeSender[],
  upMs: number,
): Promise<void> {
  const { config, hub: { sql }, daemonId, watch, observe } = deps;
  const byHub = await judgeByHub(deps, upMs);
  const seen = watch.look({ connectors: config.connectors.keys(), sinks: config.sinks.keys() });
  const troubles = [...byHub.troubles, ...seen.troubles];
  const { raised, cleared } = await settleAlerts(sql, {
    daemonId,
    troubles,
    unknown: [...byHub.unknown, ...seen.unknown],
    lifeMs: reportLifeMs,
    webhooks: senders.map(({ webhook }) => webhook),
  });
  for (const key of raised) observe(describeRaised(key, troubles));
  for (const key of cleared) observe({ kind: "alert_cleared", subject: nameOf(key) });
  if (raised.length + cleared.length > 0) await pruneNotices(sql, keptMs);
}

async function judgeByHub({ config, hub: { sql } }: AlertDeps, upMs: number): Promise<Judged> {
  const names = namesOf(config);
  const [runs, freshness, disabledSinks] = await Promise.all([
    findRunTroubles(sql, names),
    findFreshness(sql, [...stalenessLimits(config).keys()]),
    findDisabledSinks(sql),
  ]);
  return findTroubles(config, { runs, freshness, disabledSinks }, upMs);
}

function namesOf({ imports, segments, triggers, exports }: Config): string[] {
  const kinds = { import: imports, segment: segments, trigger: triggers, export: exports };
  return Object.entries(kinds).flatMap(([kind, entries]) =>
    [...entries.keys()].map((name) => `${kind}/${name}`)
  );
}

function describeRaised(key: AlertKey, troubles: readonly Trouble[]) {
  const trouble = troubles.find(({ subject, condition }) =>
    subject === key.subject && condition === key.condition
  );
  const { code = "", message = "", advice } = trouble ?? {};
  const error = new PerigeeError(message, { kind: "resource", code, advice });
  return { kind: "alert_raised", subject: nameOf(key), error } as const;
}

function nameOf({ subject, condition }: AlertKey): string {
  return `${subject} is ${condition}`;
}

function observeFault({ hub, observe }: AlertDeps, thrown: unknown): void {
  const error = describeFailure(thrown, { doing: "settle alerts", target: hub.target });
  observe({ kind: "fault", where: "alerts", error });
}
