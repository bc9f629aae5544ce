import ipaddr from "ipaddr.js";
import type {
  AlertsConfig,
  ConnectorConfig,
  HubConfig,
  KeyField,
  RenderConfig,
  RetentionConfig,
  ServerConfig,
} from "./model.ts";
import { hasAddress, resolveAddress } from "./resolve_address.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { findUrlFault } from "./webhook_url.ts";
import type { ConfigInput } from "./schema.ts";
import { suggestName } from "./spelling.ts";
import { shownName } from "./shown_name.ts";

/** Perigee's own database. Without an address the daemon starts the embedded Postgres. */
export function resolveHub(input: ConfigInput["hub"], context: ResolveContext): HubConfig {
  const address = hasAddress(input) ? resolveAddress(input, ["hub"], context) : undefined;
  const direct = input.direct === undefined
    ? undefined
    : resolveAddress(input.direct, ["hub", "direct"], context);
  if (address?.isEmbedded === true) {
    const place = context.value(["hub", "url"]);
    context.error(
      "PG131",
      place,
      "The hub cannot be a database of the embedded Postgres by name.",
      "Leave `url` empty: the embedded Postgres then holds the hub.",
    );
  }
  return {
    address,
    directAddress: direct,
    dataDir: input.data_dir,
    poolSize: input.pool_size,
    connectTimeoutMs: input.connect_timeout,
    statementTimeoutMs: input.statement_timeout,
    hasSample: input.sample,
  };
}

/** `localhost`, 127.0.0.0/8 and ::1, also as IPv4 within IPv6; names are never resolved. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (bare.toLowerCase() === "localhost") return true;
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback";
}

/** The HTTP server; beyond loopback only with tokens. */
export function resolveServer(
  input: ConfigInput["server"],
  context: ResolveContext,
): ServerConfig {
  if (!isLoopback(input.host) && input.tokens.length === 0) {
    context.error(
      "PG161",
      context.value(["server", "host"]),
      "The server would listen beyond loopback and ask nobody for a token.",
      'Add `tokens: ["${PERIGEE_TOKEN}"]` under `server`, or listen on 127.0.0.1.',
    );
  }
  return {
    host: input.host,
    port: input.port,
    tokens: input.tokens,
    maxBodyBytes: input.max_body,
    requestTimeoutMs: input.request_timeout,
    shutdownTimeoutMs: input.shutdown_timeout,
    rateLimitPerSecond: input.rate_limit,
  };
}

/** The render endpoint. */
export function resolveRender(input: ConfigInput["render"]): RenderConfig {
  return { allowsInline: input.inline, cacheMs: input.cache };
}

/** Who is told about failures. */
export function resolveAlerts(
  input: ConfigInput["alerts"],
  context: ResolveContext,
): AlertsConfig {
  for (const [index, url] of input.webhooks.entries()) {
    const fault = findUrlFault(url);
    const place = context.value(["alerts", "webhooks", index]);
    if (fault !== undefined) context.error("PG131", place, fault.message, fault.advice);
  }
  return {
    webhooks: input.webhooks,
    secrets: input.secrets,
    allowsPrivate: input.allow_private,
  };
}

/** How long the hub keeps things. */
export function resolveRetention(input: ConfigInput["retention"]): RetentionConfig {
  return {
    runsMs: input.runs,
    deliveriesMs: input.deliveries,
    eventsMs: input.events,
    maxChangeRows: input.max_change_rows,
  };
}

type ConnectorInput = ConfigInput["connectors"][string];

const keyFields = ["email", "phone", "externalCustomerId"];

function resolveKeyField(
  key: ConnectorInput["key"],
  connector: string,
  context: ResolveContext,
): KeyField {
  const path = ["connectors", connector, "key"];
  if (key.field === "phone") return { kind: "phone", defaultCountry: key.default_country };
  if (key.default_country !== undefined) {
    context.error(
      "PG152",
      context.key([...path, "default_country"]),
      "`default_country` has a meaning for `field: phone` only.",
    );
  }
  if (key.field === "email" || key.field === "externalCustomerId") return { kind: key.field };
  const meant = suggestName(key.field, keyFields);
  if (meant !== undefined && !context.isInterpolated([...path, "field"])) {
    context.error(
      "PG123",
      context.value([...path, "field"]),
      `\`${shownName(key.field)}\` would be an additional field, and looks like a contact field.`,
      meant,
    );
  }
  return { kind: "field", name: key.field };
}

/** One customer database with its contact key; undefined with findings without an address. */
export function resolveConnector(
  name: string,
  input: ConnectorInput,
  context: ResolveContext,
): ConnectorConfig | undefined {
  const path = ["connectors", name];
  const other = (key: "direct" | "replica") =>
    input[key] === undefined ? undefined : resolveAddress(input[key], [...path, key], context);
  const address = resolveAddress(input, path, context);
  const [directAddress, replicaAddress] = [other("direct"), other("replica")];
  const field = resolveKeyField(input.key, name, context);
  if (address === undefined) return undefined;
  return {
    name,
    address,
    directAddress,
    replicaAddress,
    poolSize: input.pool_size,
    connectTimeoutMs: input.connect_timeout,
    statementTimeoutMs: input.statement_timeout,
    key: { column: input.key.column, field },
  };
}
