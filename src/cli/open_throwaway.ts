import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AddressConfig, Config } from "../config/model.ts";
import type { ThrowawayDatabases } from "../connector/throwaway_databases.ts";
import { findEmbeddedBinaries } from "../embedded/binaries.ts";
import { startCluster } from "../embedded/cluster.ts";
import { PerigeeError } from "../error.ts";
import { hubTarget } from "../hub/hub_target.ts";
import { migrateHub } from "../open_hub.ts";
import { openConnection } from "../postgres/connection.ts";
import { parseConnectionUrl } from "../postgres/connection_url.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import { openPool } from "../postgres/pool.ts";

/** Throwaway databases and what ends them. */
export interface OpenThrowaway extends ThrowawayDatabases {
  /** Drops the databases, and the server where it was started for them. */
  close(): Promise<void>;
}

/**
 * Makes a migrated hub and an empty database for each connector: on the server at `serverUrl`, where
 * they get names of their own and are dropped at the end, or on an embedded Postgres started for
 * them. Nothing that the configuration names is touched. Throws PG293 where no embedded Postgres is
 * installed, and PG2xx where the server refuses, with nothing left behind that can be removed.
 */
export async function openThrowaway(
  config: Config,
  serverUrl: string | undefined,
): Promise<OpenThrowaway> {
  const server = serverUrl === undefined ? await startServer() : namedServer(serverUrl);
  const run = randomBytes(4).toString("hex");
  const made: string[] = [];
  const make = async (purpose: string): Promise<AddressConfig> => {
    const database = `perigee_test_${run}_${purpose}`;
    const admin = hubTarget(config, server.address);
    await runAlone(admin, `create database ${quoteIdentifier(database)} template template0`);
    made.push(database);
    return { ...server.address, database };
  };
  const drop = async () => {
    const admin = hubTarget(config, server.address);
    for (const database of made) {
      await runAlone(admin, `drop database ${quoteIdentifier(database)} with (force)`);
    }
    await server.stop();
  };
  try {
    const target = hubTarget(config, await make("hub"));
    await migrateHub(target, () => {});
    const customers = new Map<string, AddressConfig>();
    for (const name of config.connectors.keys()) {
      customers.set(name, await make(String(made.length)));
    }
    const hub = openPool(target, { max: 2 });
    return {
      hub,
      hubTarget: target,
      customers,
      async close() {
        await hub.close(1_000);
        await drop();
      },
    };
  } catch (error) {
    await drop();
    throw error;
  }
}

interface Server {
  readonly address: AddressConfig;
  stop(): Promise<void>;
}

function namedServer(url: string): Server {
  const { host, port, database, username, password, ssl, isPooled } = parseConnectionUrl(url);
  const address = { host, port, database, username, password, ssl, isPooled, isEmbedded: false };
  return { address, stop: () => Promise.resolve() };
}

async function startServer(): Promise<Server> {
  const binaries = await findEmbeddedBinaries().catch((error) => {
    if (!(error instanceof PerigeeError)) throw error;
    throw new PerigeeError(`${error.message}, and tests need a Postgres of their own`, {
      kind: error.kind,
      code: error.code,
      advice:
        "Run the tests where `npm ci` installed the optional dependencies, or name a server where databases may be made with --server.",
      cause: error,
    });
  });
  const dataDir = await mkdtemp(path.join(tmpdir(), "perigee-tests-"));
  const cluster = await startCluster({ dataDir, binaries, isThrowaway: true });
  const { address } = namedServer(cluster.superuserUrl);
  return { address, stop: cluster.stop };
}

async function runAlone(target: Parameters<typeof openConnection>[0], statement: string) {
  const connection = await openConnection(target);
  try {
    await connection.sql.unsafe(statement);
  } finally {
    await connection.end();
  }
}
