import type { ConnectorRegistry } from "../connector/registry.ts";
import { connectorTarget } from "../connector/registry.ts";
import type { Observe } from "../observe/observation.ts";
import { type Listener, openListener } from "../postgres/listen.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import type { Job } from "./job.ts";

/** What a channel of the hub does besides waking jobs, by channel name. */
export type HubChannels = Readonly<Record<string, (payload: string) => void>>;

/** What the wake-ups work with; all of it is handed in. */
export interface WakeUpOptions {
  readonly jobs: readonly Job[];
  readonly connectors: ConnectorRegistry;
  /** The hub's address for LISTEN. */
  readonly hub: ConnectionTarget;
  readonly hubChannels: HubChannels;
  readonly observe: Observe;
  readonly wake: (name: string) => void;
  /** What was notified before now went unheard; `name` may have missed something. */
  readonly catchUp: (name: string) => void;
}

/**
 * Listens on the hub and on every connector that a job wants to be woken by: one connection each.
 * NOTIFY only makes things faster. Whenever a connection begins to listen, everything that it
 * serves catches up, because what was notified before is lost; the schedules poll anyway.
 */
export function startWakeUps(options: WakeUpOptions): { close(): Promise<void> } {
  const databases = new Set(
    options.jobs.flatMap((job) => job.channels.map((each) => each.connector)),
  );
  const listeners = [...databases].map((name) =>
    listen(options, name, connectorTarget(options.connectors.require(name), "listen"), {})
  );
  listeners.push(listen(options, undefined, options.hub, options.hubChannels));
  return {
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

function listen(
  { jobs, observe, wake, catchUp }: WakeUpOptions,
  connector: string | undefined,
  target: ConnectionTarget,
  more: HubChannels,
): Listener {
  const served = new Map<string, string[]>();
  for (const job of jobs) {
    for (const each of job.channels) {
      if (each.connector !== connector) continue;
      served.set(each.channel, [...served.get(each.channel) ?? [], job.name]);
    }
  }
  const channels: Record<string, (payload: string) => void> = { ...more };
  for (const [channel, names] of served) {
    channels[channel] = (payload) => {
      observe({ kind: "notified", target: target.name, channel });
      more[channel]?.(payload);
      for (const name of names) wake(name);
    };
  }
  return openListener(target, {
    channels,
    onListening: () => {
      observe({ kind: "listen_started", target: target.name, channels: Object.keys(channels) });
      for (const name of new Set([...served.values()].flat())) catchUp(name);
      for (const handle of Object.values(more)) handle("");
    },
    onHeard: (roundTripMs) => observe({ kind: "listen_heard", target: target.name, roundTripMs }),
    onDeaf: (error) => observe({ kind: "listen_failed", target: target.name, error }),
  });
}
