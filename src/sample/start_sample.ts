import type { Sql } from "postgres";
import type { Config } from "../config/model.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import type { Observe } from "../observe/observation.ts";
import { startReceiver } from "./receiver.ts";
import { seedHub } from "./seed_hub.ts";
import { seedShop } from "./shop.ts";

/** Name of the connector of the shipped configuration whose database the sample fills. */
export const sampleConnector = "shop";

/** The sample around the daemon; empty where the configuration does not ask for it. */
export interface Sample {
  /** Where `embedded:receiver` leads. */
  readonly receiverUrl: string | undefined;
  /** Fills the sample shop and the hub's other datasets, the first time. */
  seed(hub: Sql, connectors: ConnectorRegistry): Promise<void>;
  /** Gives the hub's sample rows the ids of contacts that were imported since. */
  link(hub: Sql): Promise<void>;
  close(): Promise<void>;
}

/** Whether the configuration runs the sample: only beside an embedded hub, never in a real one. */
export function hasSample(config: Config): boolean {
  return config.hub.hasSample && config.hub.address === undefined;
}

/** Starts the webhook receiver of the sample where the configuration asks for the sample. */
export async function startSample(config: Config, observe: Observe): Promise<Sample> {
  if (!hasSample(config)) {
    return {
      receiverUrl: undefined,
      seed: () => Promise.resolve(),
      link: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }
  const receiver = await startReceiver({
    secrets: sinkSecrets(config),
    host: "127.0.0.1",
    port: 0,
    onEvents: (text) => observe({ kind: "progress", text }),
  });
  return {
    receiverUrl: receiver.url,
    seed: (hub, connectors) => seed(config, hub, connectors, observe),
    link: async (hub) => void await seedHub(hub, { now: new Date() }),
    close: () => receiver.close(),
  };
}

/** The secrets with which the configuration's webhooks are signed. */
export function sinkSecrets(config: Config): string[] {
  return [...config.sinks.values()].flatMap((sink) => sink.kind === "webhook" ? sink.secrets : []);
}

async function seed(
  config: Config,
  hub: Sql,
  connectors: ConnectorRegistry,
  observe: Observe,
): Promise<void> {
  if (!config.connectors.has(sampleConnector)) return;
  const { timezone } = config;
  const shop = await seedShop(connectors.pool(sampleConnector).sql, { now: new Date(), timezone });
  await seedHub(hub, { now: new Date() });
  observe({
    kind: "progress",
    text: shop.isNew
      ? `made the sample database shop: ${shop.customers} customers, ${shop.promoCodes} promo codes`
      : `found the sample database shop of an earlier start: ${shop.customers} customers`,
  });
}
