import { PerigeeError } from "../error.ts";
import { parseConnectionUrl, type ParsedConnectionUrl } from "../postgres/connection_url.ts";
import type { SslMode, SslSettings } from "../postgres/target.ts";
import type { AddressConfig } from "./model.ts";
import type { ResolveContext } from "./resolve_context.ts";
import type { TreePath } from "./tree.ts";

interface SslInput {
  mode?: SslMode | undefined;
  root_cert?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** The keys of an address as the schema reads them. */
export interface AddressInput {
  url?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
  ssl?: SslInput | undefined;
  pooled?: boolean | undefined;
}

const embeddedUrl = /^embedded:([A-Za-z_][A-Za-z0-9_]{0,62})$/;

function resolveSsl(
  input: SslInput,
  parsed: ParsedConnectionUrl["ssl"] | undefined,
  path: TreePath,
  urlPath: TreePath,
  context: ResolveContext,
): SslSettings {
  const pem = (
    key: "root_cert" | "cert" | "key",
    fromUrl: string | undefined,
    label: RegExp,
    what: string,
  ) => {
    const written = input[key];
    if (written !== undefined) return context.loadPem([...path, "ssl", key], written, label, what);
    // libpq's `sslrootcert=system` trusts what the runtime trusts anyway.
    if (fromUrl === undefined || key === "root_cert" && fromUrl === "system") return undefined;
    return context.loadPem(urlPath, fromUrl, label, what);
  };
  const rootCert = pem("root_cert", parsed?.rootCertPath, /CERTIFICATE$/, "certificate");
  const cert = pem("cert", parsed?.certPath, /CERTIFICATE$/, "certificate");
  const key = pem("key", parsed?.keyPath, /PRIVATE KEY$/, "private key");
  return {
    mode: input.mode ?? parsed?.mode ?? "prefer",
    ...(rootCert === undefined ? {} : { rootCert }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function parseUrl(
  url: string,
  path: TreePath,
  context: ResolveContext,
): ParsedConnectionUrl | undefined {
  try {
    const parsed = parseConnectionUrl(url);
    if (parsed.ignored.length > 0) {
      const names = context.isInterpolated(path) ? "Some of them" : parsed.ignored.join(", ");
      context.warn(
        "PG170",
        context.value(path),
        `Parameters of the connection URL are ignored: ${names}.`,
      );
    }
    return parsed;
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    const message = context.isInterpolated(path)
      ? "The connection URL that was supplied from outside cannot be used."
      : `${error.message}.`;
    context.error("PG131", context.value(path), message, error.advice);
    return undefined;
  }
}

function fromUrl(
  input: AddressInput,
  url: string,
  path: TreePath,
  urlPath: TreePath,
  context: ResolveContext,
): AddressConfig | undefined {
  for (const key of ["host", "port", "database"] as const) {
    if (input[key] === undefined) continue;
    context.error(
      "PG152",
      context.key([...path, key]),
      `\`${key}\` stands beside \`url\`, which says the same.`,
    );
  }
  const embedded = embeddedUrl.exec(url.trim());
  if (embedded !== null) return embeddedAddress(embedded[1] ?? "");
  const parsed = parseUrl(url, urlPath, context);
  if (parsed === undefined) return undefined;
  return {
    host: parsed.host,
    port: parsed.port,
    database: parsed.database,
    username: input.username ?? parsed.username,
    password: input.password ?? parsed.password,
    ssl: resolveSsl(input.ssl ?? {}, parsed.ssl, path, urlPath, context),
    isPooled: input.pooled ?? parsed.isPooled,
    isEmbedded: false,
  };
}

function embeddedAddress(database: string): AddressConfig {
  return {
    host: "",
    port: 0,
    database,
    username: "",
    password: "",
    ssl: { mode: "disable" },
    isPooled: false,
    isEmbedded: true,
  };
}

function fromParts(
  input: AddressInput,
  path: TreePath,
  context: ResolveContext,
): AddressConfig | undefined {
  const { host, username } = input;
  for (const [key, value] of [["host", host], ["username", username]] as const) {
    if (value !== undefined) continue;
    const message = `\`${
      path.join(".")
    }\` needs \`url\`, or \`host\` and \`username\`; \`${key}\` is missing.`;
    context.error("PG153", context.key(path), message);
  }
  const ssl = resolveSsl(input.ssl ?? {}, undefined, path, path, context);
  if (host === undefined || username === undefined) return undefined;
  return {
    host,
    port: input.port ?? 5432,
    database: input.database ?? username,
    username,
    password: input.password ?? "",
    ssl,
    isPooled: input.pooled ?? false,
    isEmbedded: false,
  };
}

/**
 * The address under `path`, from a URL or its parts; undefined with findings when it is none. Reads
 * the certificates that it names.
 */
export function resolveAddress(
  input: AddressInput | string,
  path: TreePath,
  context: ResolveContext,
): AddressConfig | undefined {
  if (typeof input === "string") return fromUrl({}, input, path, path, context);
  return input.url === undefined
    ? fromParts(input, path, context)
    : fromUrl(input, input.url, path, [...path, "url"], context);
}

/** Is any key of an address given? */
export function hasAddress(input: AddressInput): boolean {
  const keys = [
    "url",
    "host",
    "port",
    "database",
    "username",
    "password",
    "ssl",
    "pooled",
  ] as const;
  return keys.some((key) => input[key] !== undefined);
}
