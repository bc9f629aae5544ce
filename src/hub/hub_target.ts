import type { AddressConfig, Config } from "../config/model.ts";
import type { ConnectionTarget } from "../postgres/target.ts";

const lockTimeoutMs = 10_000;
const idleInTransactionTimeoutMs = 600_000;

/** The target behind an address of the hub, with the time limits of the configuration. Pure. */
export function hubTarget(config: Config, address: AddressConfig): ConnectionTarget {
  const { host, port, database, username, password, ssl, isPooled } = address;
  return {
    name: "hub",
    host,
    port,
    database,
    username,
    password,
    ssl,
    isPooled,
    connectTimeoutMs: config.hub.connectTimeoutMs,
    statementTimeoutMs: config.hub.statementTimeoutMs,
    lockTimeoutMs,
    idleInTransactionTimeoutMs,
  };
}
