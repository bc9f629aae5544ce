import type { Config } from "../config/model.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { checkConnector } from "./check_connector.ts";
import { checkHub } from "./check_hub.ts";
import { checkMessages } from "./check_messages.ts";
import { checkSegments } from "./check_segments.ts";
import type { CheckStep } from "./check_step.ts";

/** What to look at, and for how long. */
export interface CheckOptions {
  /** The hub, where it is to be looked at too. */
  readonly hub?: ConnectionTarget;
  /** Connectors to look at; all where absent. */
  readonly connectors?: readonly string[];
  /** Most time for each of name, TCP, TLS and login; the configuration's own limit where shorter. */
  readonly connectTimeoutMs?: number;
  /** Between two subjects; what runs is finished. */
  readonly signal?: AbortSignal;
}

/** A server that takes longer to let us in is one to look at. */
const defaultConnectTimeoutMs = 10_000;

/**
 * Looks at everything that the configuration (with every embedded address resolved) names outside
 * of itself, step by step, and says what to do where something is not as it should be: the hub,
 * each connector with its sources, imports and exports, the segments' conditions and the messages'
 * templates.
 *
 * Steps of one subject come together, subjects in the configuration's order. Databases are looked
 * at side by side, so one that does not answer delays its own steps alone. Nothing is written and no
 * rows are read. Throws only when the signal aborts.
 */
export async function* checkConfig(
  config: Config,
  options: CheckOptions = {},
): AsyncGenerator<CheckStep> {
  const connectTimeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs;
  const chosen = [...config.connectors.values()].filter(({ name }) =>
    options.connectors?.includes(name) ?? true
  );
  const looks = [
    ...(options.hub === undefined ? [] : [checkHub(options.hub, { connectTimeoutMs })]),
    ...chosen.map((connector) => checkConnector(config, connector, { connectTimeoutMs })),
  ];
  const reachable = new Set<string>();
  for (const look of looks) {
    options.signal?.throwIfAborted();
    for (const step of await look) {
      if (step.step === "login" && step.state === "ok") reachable.add(step.subject);
      yield step;
    }
  }
  if (options.connectors !== undefined) return;
  const names = chosen.map(({ name }) => name).filter((name) =>
    reachable.has(`connector/${name}`) && !hasDeadReplica(config, name, reachable)
  );
  yield* await checkSegments(config, new Set(names), new Date());
  yield* await checkMessages(config, new Set(names));
}

/** Segments read from the replica where there is one. */
function hasDeadReplica(config: Config, name: string, reachable: ReadonlySet<string>): boolean {
  return config.connectors.get(name)?.replicaAddress !== undefined &&
    !reachable.has(`connector/${name} (replica)`);
}

/** Whether the steps let the configuration be run: warnings do, failures do not. */
export function hasFailed(steps: readonly CheckStep[]): boolean {
  return steps.some(({ state }) => state === "failed");
}
