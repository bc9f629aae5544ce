import type { Clock } from "../clock.ts";
import type { Config, SinkConfig } from "../config/model.ts";
import { readHubId } from "../hub/hub_id.ts";
import { markSinksSeen } from "../hub/removed_sinks.ts";
import { saveRoutes } from "../hub/routes.ts";
import { registerTriggers } from "../hub/trigger_ticks.ts";
import type { Observe } from "../observe/observation.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import { NotifyLoop } from "./notify_loop.ts";
import { parseSinkCommand, setSinkPaused } from "./sink_command.ts";
import { type LoopDeps, WebhookLoop } from "./webhook_loop.ts";
import { makeSender } from "./webhook_sender.ts";

/** What deliveries work with. */
export interface DeliveryDeps {
  readonly config: Pick<Config, "sinks" | "routes" | "triggers">;
  readonly hub: Pool;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** The deliveries of one daemon. */
export interface Deliveries {
  /**
   * Resolves when the hub knows the routes, so that events from now on find their sinks; also when
   * it does not answer within two seconds, for it is told as soon as it does.
   */
  readonly routed: Promise<void>;
  /**
   * What the hub's channel `perigee_deliveries` says: something may be due, or, with a payload, a
   * sink is to be paused or resumed (`pause <sink>`, `resume <sink>`).
   */
  wake(payload?: string): void;
  /** Lets requests under way end, records them and gives the rest back. Never rejects. */
  stop(): Promise<void>;
}

/**
 * How often a daemon says which sinks it has, ms: a small part of the time after which the
 * deliveries of a sink that nobody has are given up.
 */
const seenEveryMs = 3_600_000;

/** Pause after the hub could not be prepared, ms. */
const retryPauseMs = 1_000;

/** How long a start or a reload waits for a hub that does not take the routes, ms. */
const routedLimitMs = 2_000;

/**
 * Starts delivering to every sink of the configuration, each in a loop of its own, so that one slow
 * or dead sink delays no other. First it tells the hub the routes and triggers of the configuration;
 * until the hub answers, nothing is delivered. Several daemons may serve the same sinks.
 */
export function startDeliveries(deps: DeliveryDeps): Deliveries {
  const stopping = new AbortController();
  const startedAt = deps.clock.now().toISOString();
  const loops: (WebhookLoop | NotifyLoop)[] = [];
  const prepared = prepareHub(deps, startedAt, stopping.signal);
  const limit = deps.clock.sleep(routedLimitMs, stopping.signal).catch(() => undefined);
  const running = run();

  async function run(): Promise<void> {
    const hubId = await prepared;
    // A stop that came meanwhile found no loops to stop.
    if (hubId === undefined || stopping.signal.aborted) return;
    for (const sink of deps.config.sinks.values()) loops.push(makeLoop(sink, hubId, deps));
    await Promise.all([...loops.map((loop) => loop.run()), keepSeen(deps, stopping.signal)]);
  }

  return {
    routed: Promise.race([prepared, limit]).then(() => undefined),
    wake(payload = "") {
      const command = parseSinkCommand(payload);
      if (command !== undefined) {
        setSinkPaused(deps.hub.sql, command.sink, command.action === "pause")
          .catch((error) => observeFault(deps, `sink/${command.sink}`, error));
      }
      for (const loop of loops) loop.wake();
    },
    async stop() {
      stopping.abort();
      for (const loop of loops) loop.stop();
      await running;
    },
  };
}

function makeLoop(sink: SinkConfig, hubId: string, deps: LoopDeps): WebhookLoop | NotifyLoop {
  if (sink.kind === "notify") return new NotifyLoop(sink, deps);
  return new WebhookLoop(sink, makeSender(sink, hubId, deps.clock), deps);
}

/** Tells the hub what the configuration says; answers its id, or undefined when stopped before. */
async function prepareHub(
  deps: DeliveryDeps,
  startedAt: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { sql } = deps.hub;
  while (!signal.aborted) {
    try {
      await saveRoutes(sql, deps.config.routes);
      await markSinksSeen(sql, [...deps.config.sinks.keys()]);
      await registerTriggers(sql, [...deps.config.triggers.keys()], startedAt);
      return await readHubId(sql);
    } catch (error) {
      observeFault(deps, "deliveries", error);
      await deps.clock.sleep(retryPauseMs, signal).catch(() => undefined);
    }
  }
  return undefined;
}

/** Says again and again which sinks are configured, until it is stopped. */
async function keepSeen(deps: DeliveryDeps, signal: AbortSignal): Promise<void> {
  const pause = () => deps.clock.sleep(seenEveryMs, signal).then(() => true, () => false);
  while (await pause()) {
    await markSinksSeen(deps.hub.sql, [...deps.config.sinks.keys()])
      .catch((error) => observeFault(deps, "deliveries", error));
  }
}

function observeFault({ hub, observe }: DeliveryDeps, where: string, error: unknown): void {
  const described = describeFailure(error, { doing: `serve ${where}`, target: hub.target });
  observe({ kind: "fault", where, error: described });
}
