import { PerigeeError } from "../error.ts";
import type { SslMode } from "./target.ts";

/** What a connection URL says. Certificates are named by path; nothing is read here. */
export interface ParsedConnectionUrl {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly ssl: {
    readonly mode: SslMode;
    readonly rootCertPath?: string;
    readonly certPath?: string;
    readonly keyPath?: string;
  };
  /** The URL says, or its host is known for it, that a transaction pooler answers there. */
  readonly isPooled: boolean;
  /** Names of parameters that have no meaning here, to be told to whoever wrote the URL. */
  readonly ignored: readonly string[];
}

const sslModes: ReadonlyMap<string, SslMode> = new Map([
  ["disable", "disable"],
  ["allow", "allow"],
  ["prefer", "prefer"],
  ["require", "require"],
  ["verify-ca", "verify-ca"],
  ["verify-full", "verify-full"],
  // Words of other drivers' URLs (node-postgres, JDBC) for the same things.
  ["no-verify", "require"],
  ["true", "require"],
  ["false", "disable"],
]);

/** Parameters that this function reads; all others are reported as ignored. */
const known = new Set([
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "sslmode",
  "ssl",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "pgbouncer",
]);

/**
 * Reads a URL as libpq does (PostgreSQL documentation, "Connection URIs"), and as providers print
 * it. An `@`, `/` or `#` in the password need not be escaped, a `%` and a `?` must. One host only.
 * Throws PG281 (kind config), which says what is wrong and never holds a part of the password.
 */
export function parseConnectionUrl(url: string): ParsedConnectionUrl {
  const scheme = /^postgres(?:ql)?:\/\//.exec(url.trim());
  if (scheme === null) {
    throw refuse("it does not begin with postgres://", "Write postgres://user:password@host/db.");
  }
  const rest = url.trim().slice(scheme[0].length);
  const [address, query] = splitOnce(rest, "?");
  const parameters = readParameters(query);
  const { userInfo, hostPart, path } = splitAddress(address);
  const [user, password] = splitOnce(userInfo, ":");
  const { host, port } = readHost(hostPart, parameters);
  const username = parameters.get("user") ?? decode(user, "user name");
  if (username === "") {
    throw refuse("it has no user name", "Write postgres://user:password@host/db.");
  }
  return {
    host,
    port,
    database: parameters.get("dbname") ?? (decode(path, "database name") || username),
    username,
    password: parameters.get("password") ?? decode(password, "password"),
    ssl: readSsl(parameters),
    isPooled: readPooled(parameters, host, port),
    ignored: [...parameters.keys()].filter((name) => !known.has(name)),
  };
}

/** The last `@` ends the user part, so that one in a password is harmless. */
function splitAddress(address: string): { userInfo: string; hostPart: string; path: string } {
  const at = address.lastIndexOf("@");
  const userInfo = at < 0 ? "" : address.slice(0, at);
  const [hostPart, path] = splitOnce(address.slice(at + 1), "/");
  return { userInfo, hostPart, path };
}

function readHost(
  hostPart: string,
  parameters: ReadonlyMap<string, string>,
): { host: string; port: number } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(hostPart);
  const host = parameters.get("host") ?? decode((match?.[1] ?? "").replace(/^\[|\]$/g, ""), "host");
  if (`${hostPart}${host}`.includes(",")) {
    throw refuse(
      "it names several hosts",
      "Name one: the primary, or the address that follows it.",
    );
  }
  // Not echoed: where the password has an unescaped `?`, this is a part of it.
  const port = parameters.get("port") ?? match?.[2] ?? "";
  if (match === null || !/^\d{0,5}$/.test(port) || Number(port) > 65_535 || port === "0") {
    throw refuse(
      "its port is not a number from 1 to 65535",
      "If this is a part of the password, write its ? as %3F and its % as %25.",
    );
  }
  return { host: host === "" ? "localhost" : host, port: port === "" ? 5432 : Number(port) };
}

function readParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&").filter((part) => part !== "")) {
    const [name, value] = splitOnce(pair, "=");
    parameters.set(decode(name, "parameter"), decode(value, `parameter ${name}`));
  }
  return parameters;
}

function readSsl(parameters: ReadonlyMap<string, string>): ParsedConnectionUrl["ssl"] {
  const word = parameters.get("sslmode") ?? parameters.get("ssl") ?? "prefer";
  const mode = sslModes.get(word);
  if (mode === undefined) {
    throw refuse(
      `its sslmode is ${JSON.stringify(word)}`,
      "Use disable, allow, prefer, require, verify-ca or verify-full.",
    );
  }
  const rootCertPath = parameters.get("sslrootcert");
  const certPath = parameters.get("sslcert");
  const keyPath = parameters.get("sslkey");
  // libpq: `system` means the CAs of the machine, and that nothing less than verify-full will do.
  if (rootCertPath === "system") return { mode: "verify-full" };
  return {
    mode,
    ...(rootCertPath === undefined ? {} : { rootCertPath }),
    ...(certPath === undefined ? {} : { certPath }),
    ...(keyPath === undefined ? {} : { keyPath }),
  };
}

/** By the parameter that Prisma made common, or by what providers document of their poolers. */
function readPooled(parameters: ReadonlyMap<string, string>, host: string, port: number): boolean {
  const word = parameters.get("pgbouncer");
  if (word !== undefined) return word === "true" || word === "1";
  const isNeon = /^[^.]+-pooler\..*\bneon\.tech$/.test(host);
  const isSupabase = port === 6543 && /\.supabase\.(?:com|co)$/.test(host);
  return isNeon || isSupabase;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(
      `its ${what} has a % that begins no escape of UTF-8`,
      "Write a literal % as %25, or give host, user and password as settings of their own.",
    );
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

function refuse(found: string, advice: string): PerigeeError {
  return new PerigeeError(`The connection URL cannot be used: ${found}`, {
    kind: "config",
    code: "PG281",
    advice,
  });
}
