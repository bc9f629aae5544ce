import type { Config } from "../config/model.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { checkConnector } from "./check_connector.ts";
import { checkHub } from "./check_hub.ts";
import { checkMessages } from "./check_messages.ts";
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
 * each connector with its sources, imports and exports, and the messages' templates.
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
  for (const look of looks) {
    options.signal?.throwIfAborted();
    yield* await look;
  }
  if (options.connectors === undefined) yield* checkMessages(config);
}

/** Whether the steps let the configuration be run: warnings do, failures do not. */
export function hasFailed(steps: readonly CheckStep[]): boolean {
  return steps.some(({ state }) => state === "failed");
}
