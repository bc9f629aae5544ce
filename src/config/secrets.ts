import type { AddressConfig, Config, SinkConfig } from "./model.ts";

function ofAddress(address: AddressConfig | undefined): (string | undefined)[] {
  return address === undefined ? [] : [address.password, address.ssl.key];
}

function ofSink(sink: SinkConfig): (string | undefined)[] {
  if (sink.kind === "notify") return [];
  const { auth } = sink;
  const credential = auth === undefined
    ? undefined
    : auth.kind === "basic"
    ? auth.password
    : auth.token;
  return [...sink.secrets, ...sink.headers.values(), sink.tls.key, credential, ...ofUrl(sink.url)];
}

/** The part of a webhook's URL that gives access: chat systems put the secret into the path. */
function ofUrl(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { pathname, search } = new URL(url);
  const path = pathname.length > 16 ? [pathname] : [];
  return search === "" ? path : [...path, search];
}

/**
 * Every secret text of the configuration, each once, longest first, so that a redaction that
 * replaces them in this order leaves no rest of a longer one. The one place that says which fields
 * are secret.
 */
export function secretsOf(config: Config): string[] {
  const found = [
    ...ofAddress(config.hub.address),
    ...ofAddress(config.hub.directAddress),
    ...[...config.connectors.values()].flatMap((connector) => [
      ...ofAddress(connector.address),
      ...ofAddress(connector.directAddress),
      ...ofAddress(connector.replicaAddress),
    ]),
    ...[...config.sinks.values()].flatMap(ofSink),
    ...config.server.tokens,
    ...config.alerts.secrets,
    ...config.alerts.webhooks.flatMap(ofUrl),
  ].filter((secret) => secret !== undefined && secret !== "");
  return [...new Set(found as string[])].sort((one, other) => other.length - one.length);
}
