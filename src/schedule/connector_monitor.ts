import type { Clock } from "../clock.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import type { Observe } from "../observe/observation.ts";
import { describeFailure } from "../postgres/failure.ts";

/**
 * How often a connector is asked whether it is there, ms. Halved, health is half as old at the
 * price of twice the idle queries in customers' databases; runs find a dead one anyway.
 */
const intervalMs = 60_000;

/** What the monitor works with; all of it is handed in. */
export interface MonitorOptions {
  readonly connectors: ConnectorRegistry;
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly observe: Observe;
}

/**
 * Asks every connector for a sign of life, now and once a minute, each by itself: one that does not
 * answer delays no other. Answers a function that stops it.
 */
export function monitorConnectors(options: MonitorOptions): () => void {
  const stopping = new AbortController();
  for (const name of options.names) void monitor(name, options, stopping.signal);
  return () => stopping.abort();
}

async function monitor(name: string, options: MonitorOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await tryConnector(name, options, signal);
    await options.clock.sleep(intervalMs, signal).catch(() => undefined);
  }
}

async function tryConnector(
  name: string,
  { connectors, observe }: MonitorOptions,
  signal: AbortSignal,
): Promise<void> {
  const pool = connectors.pool(name);
  const startedAt = performance.now();
  try {
    await pool.sql`select 1`;
    const latencyMs = performance.now() - startedAt;
    const isSecured = pool.isSecured() ?? false;
    observe({ kind: "connector_checked", connector: name, isSecured, latencyMs });
  } catch (error) {
    if (signal.aborted) return;
    const described = describeFailure(error, {
      doing: "ask for a sign of life",
      target: pool.target,
    });
    observe({ kind: "connector_failed", connector: name, error: described });
  }
}
