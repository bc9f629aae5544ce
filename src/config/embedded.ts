import { freezeDeep } from "./freeze.ts";
import type { AddressConfig, Config, ConnectorConfig, SinkConfig } from "./model.ts";
import { embeddedReceiver } from "./webhook_url.ts";

/** Where the embedded things are once they run. */
export interface EmbeddedAddresses {
  /** Address of a database of the embedded cluster; undefined, where none runs, leaves it open. */
  readonly address: (database: string) => AddressConfig | undefined;
  /** URL of the sample's webhook receiver. */
  readonly receiverUrl: string;
}

/** Names of the embedded cluster's databases that the connectors use, each once. */
export function embeddedDatabases(config: Config): string[] {
  const names = [...config.connectors.values()].flatMap((connector) =>
    [connector.address, connector.directAddress, connector.replicaAddress]
      .filter((address) => address?.isEmbedded === true)
      .map((address) => address?.database ?? "")
  );
  return [...new Set(names)];
}

/** Does a sink deliver to the sample's own webhook receiver? */
export function usesEmbeddedReceiver(config: Config): boolean {
  return [...config.sinks.values()].some((sink) =>
    sink.kind === "webhook" && sink.url === embeddedReceiver
  );
}

/**
 * The configuration with `embedded:…` replaced by real addresses. Its hash stays: ports change with
 * every start and mean nothing.
 */
export function resolveEmbedded(config: Config, embedded: EmbeddedAddresses): Config {
  const real = (address: AddressConfig | undefined) =>
    address?.isEmbedded === true ? embedded.address(address.database) ?? address : address;
  const connectors = [...config.connectors].map(([name, connector]) => {
    const replaced: ConnectorConfig = {
      ...connector,
      address: real(connector.address) ?? connector.address,
      directAddress: real(connector.directAddress),
      replicaAddress: real(connector.replicaAddress),
    };
    return [name, replaced] as const;
  });
  const sinks = [...config.sinks].map(([name, sink]) => {
    const isReceiver = sink.kind === "webhook" && sink.url === embeddedReceiver;
    const replaced: SinkConfig = isReceiver ? { ...sink, url: embedded.receiverUrl } : sink;
    return [name, replaced] as const;
  });
  return freezeDeep({ ...config, connectors: new Map(connectors), sinks: new Map(sinks) });
}
