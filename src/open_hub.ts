import path from "node:path";
import type { AddressConfig, Config } from "./config/model.ts";
import { embeddedDatabases, resolveEmbedded } from "./config/embedded.ts";
import { findEmbeddedBinaries } from "./embedded/binaries.ts";
import { startCluster } from "./embedded/cluster.ts";
import { type ClusterAddress, findRunningCluster } from "./embedded/running_cluster.ts";
import { hubTarget } from "./hub/hub_target.ts";
import { loadMigrations, migrate } from "./hub/migrate.ts";
import type { Observe } from "./observe/observation.ts";
import { openConnection } from "./postgres/connection.ts";
import { parseConnectionUrl } from "./postgres/connection_url.ts";
import { quoteIdentifier } from "./postgres/identifier.ts";
import { openPool, type Pool } from "./postgres/pool.ts";
import type { ConnectionTarget } from "./postgres/target.ts";

/** Name of the hub's database in the embedded cluster. */
export const hubDatabase = "perigee";

/** The hub, found or started, and the configuration with every address known. */
export interface OpenHub {
  readonly config: Config;
  readonly target: ConnectionTarget;
  /** For LISTEN and migrations: the direct address where the hub is behind a pooler. */
  readonly listenTarget: ConnectionTarget;
  readonly pool: Pool;
  /** The embedded cluster was made by this call. */
  readonly isNewCluster: boolean;
  /** A newer configuration with every address known; its embedded databases are created. */
  resolve(config: Config): Promise<Config>;
  /** Closes the pool, and stops the cluster that this call started. */
  close(timeoutMs: number): Promise<void>;
}

/** What `openHub` may do besides connecting. */
export interface OpenHubOptions {
  readonly observe: Observe;
  /** Where `embedded:receiver` leads; only the daemon runs one. */
  readonly receiverUrl?: string;
  /** A command works with the cluster of a running daemon; the daemon itself starts its own. */
  readonly usesRunningCluster: boolean;
}

/**
 * Opens the hub's database, starting the embedded cluster where no hub is configured, and creates
 * the databases of `embedded:` addresses. Does not migrate. Throws `PerigeeError`s of connecting
 * (PG2xx) with nothing left open.
 */
export async function openHub(config: Config, options: OpenHubOptions): Promise<OpenHub> {
  const found = await findCluster(config, options);
  const resolve = async (each: Config) => {
    if (found !== undefined) {
      await createDatabases(each, hubTarget(each, found.address("postgres")));
    }
    return resolveEmbedded(each, {
      address: (database) => found?.address(database),
      receiverUrl: options.receiverUrl ?? "http://127.0.0.1:9",
    });
  };
  try {
    const resolved = await resolve(config);
    const address = resolved.hub.address ?? found?.address(hubDatabase);
    if (address === undefined) throw new Error("neither a hub address nor a cluster");
    const target = hubTarget(resolved, address);
    const pool = openPool(target, { max: resolved.hub.poolSize });
    return {
      config: resolved,
      target,
      listenTarget: hubTarget(resolved, resolved.hub.directAddress ?? address),
      pool,
      isNewCluster: found?.isNew ?? false,
      resolve,
      async close(timeoutMs) {
        await pool.close(timeoutMs);
        await found?.stop();
      },
    };
  } catch (error) {
    await found?.stop();
    throw error;
  }
}

const migrationsFolder = new URL("../migrations/", import.meta.url);

/**
 * Brings the hub to this version's schema, says what it applied, and answers the numbers of the
 * migrations that this version has. See `migrate`.
 */
export async function migrateHub(target: ConnectionTarget, observe: Observe): Promise<number[]> {
  const connection = await openConnection(target);
  try {
    const migrations = await loadMigrations(migrationsFolder);
    const applied = await migrate(connection, migrations);
    observe({ kind: "hub_migrated", applied, version: migrations.at(-1)?.name ?? "none" });
    return migrations.map(({ version }) => version);
  } finally {
    await connection.end();
  }
}

interface FoundCluster {
  readonly isNew: boolean;
  address(database: string): AddressConfig;
  stop(): Promise<void>;
}

async function findCluster(
  config: Config,
  options: OpenHubOptions,
): Promise<FoundCluster | undefined> {
  if (config.hub.address !== undefined) return undefined;
  const dataDir = path.join(config.hub.dataDir, "postgres");
  if (options.usesRunningCluster) {
    const running = await findRunningCluster(dataDir);
    const found = running && { ...addresses(running), isNew: false, stop: () => Promise.resolve() };
    if (found !== undefined && await answers(hubTarget(config, found.address("postgres")))) {
      return found;
    }
  }
  const binaries = await findEmbeddedBinaries();
  options.observe({ kind: "progress", text: `starting the embedded Postgres in ${dataDir}` });
  const cluster = await startCluster({ dataDir, binaries });
  const { isNew, version } = cluster;
  options.observe({ kind: "cluster_started", dataDir, isNew, version });
  for (const text of cluster.notes) options.observe({ kind: "progress", text });
  const found = {
    ...addresses(parseConnectionUrl(cluster.superuserUrl)),
    isNew,
    stop: cluster.stop,
  };
  await createDatabases(config, hubTarget(config, found.address("postgres")));
  return found;
}

function addresses(server: ClusterAddress): Pick<FoundCluster, "address"> {
  const { host, port, username, password } = server;
  return {
    address: (database) => ({
      host,
      port,
      username,
      password,
      database,
      ssl: { mode: "disable" },
      isPooled: false,
      isEmbedded: true,
    }),
  };
}

async function answers(target: ConnectionTarget): Promise<boolean> {
  try {
    await (await openConnection(target)).end();
    return true;
  } catch {
    return false; // The files are those of a server that is gone.
  }
}

/** Creates what is missing of the hub's database and those that `embedded:` addresses name. */
async function createDatabases(
  config: Config,
  target: ConnectionTarget,
): Promise<void> {
  const wanted = new Set([hubDatabase, ...embeddedDatabases(config)]);
  const connection = await openConnection(target);
  try {
    const rows = await connection.sql<{ name: string }[]>`select datname as name from pg_database`;
    const existing = new Set(rows.map((row) => row.name));
    for (const name of wanted) {
      if (existing.has(name)) continue;
      await connection.sql.unsafe(`create database ${quoteIdentifier(name)}`);
    }
  } finally {
    await connection.end();
  }
}
