import type { Config, ConnectorConfig } from "../config/model.ts";
import { connectorTarget } from "../connector/registry.ts";
import type { Connection } from "../postgres/connection.ts";
import { makeFailure } from "../postgres/failure.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { segmentConnectors } from "../segment/segment_connectors.ts";
import { checkAddress } from "./check_address.ts";
import { checkExport } from "./check_export.ts";
import { checkImport } from "./check_import.ts";
import { checkPooler } from "./check_pooler.ts";
import { checkServer } from "./check_server.ts";
import { checkSource } from "./check_source.ts";
import { type CheckStep, StepList } from "./check_step.ts";

/** One statement of a check reads catalogs and plans; a busy server answers well within this. */
const statementLimitMs = 10_000;

/**
 * All looks through one connection together. A line that goes dead in the middle ends here, as no
 * server is there to cut the statement short; a remote server with 50 sources takes a few seconds.
 */
const connectionLimitMs = 60_000;

/** Gives a target the limits of a check, so that no look at it takes long. */
export function limitTarget(target: ConnectionTarget, connectTimeoutMs: number): ConnectionTarget {
  return {
    ...target,
    connectTimeoutMs: Math.min(target.connectTimeoutMs, connectTimeoutMs),
    statementTimeoutMs: statementLimitMs,
    lockTimeoutMs: statementLimitMs,
  };
}

/** Runs `work` and destroys the connection, at the latest after the limit of a check. */
export async function withConnection(
  connection: Connection,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const { target } = connection;
  const late = () => connection.destroy(makeFailure("PG203", { doing: "go on checking", target }));
  const timer = setTimeout(late, connectionLimitMs);
  try {
    await work(connection);
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
}

/** Looks at one connector and everything that reads or writes through it. Throws nothing. */
export async function checkConnector(
  config: Config,
  connector: ConnectorConfig,
  options: { connectTimeoutMs: number },
): Promise<CheckStep[]> {
  const { name } = connector;
  const lists: StepList[] = [];
  const listFor = (subject: string) => {
    const list = new StepList(subject);
    lists.push(list);
    return list;
  };
  const target = (purpose: "read" | "write" | "listen") =>
    limitTarget(connectorTarget(connector, purpose), options.connectTimeoutMs);
  const listens = isListenedTo(config, name);
  const hasReplica = connector.replicaAddress !== undefined;
  const hasDirect = connector.directAddress !== undefined;
  const isExportedTo = [...config.exports.values()].some((each) => each.connector === name);

  const main = listFor(`connector/${name}`);
  const connection = await checkAddress(main, target("write"));
  if (connection === undefined) {
    skipParts(config, name, listFor, isExportedTo && hasReplica ? "exports" : "all");
  } else {
    await withConnection(connection, async () => {
      await checkServer(main, connection, isExportedTo ? "write" : "read");
      await checkPooler(main, connection, listens && !hasDirect);
      if (!hasReplica) await checkReaders(config, connector, connection, listFor);
      await checkExports(config, name, connection, listFor);
    });
  }
  if (hasReplica) {
    const list = listFor(`connector/${name} (replica)`);
    const replica = await checkAddress(list, target("read"));
    if (replica === undefined) skipParts(config, name, listFor, "readers");
    else {
      await withConnection(replica, async () => {
        await checkServer(list, replica, "read");
        await checkReaders(config, connector, replica, listFor);
      });
    }
  }
  if (hasDirect) {
    const list = listFor(`connector/${name} (direct)`);
    const direct = await checkAddress(list, target("listen"));
    if (direct !== undefined) {
      await withConnection(direct, () => checkPooler(list, direct, listens));
    }
  }
  return lists.flatMap(({ steps }) => steps);
}

type ListFor = (subject: string) => StepList;

function isListenedTo(config: Config, name: string): boolean {
  return [...config.imports.values()].some((each) =>
    each.connector === name && each.listen !== undefined
  ) || [...config.segments.values()].some((segment) =>
    segment.listen !== undefined && segmentConnectors(segment, config).includes(name)
  );
}

async function checkReaders(
  config: Config,
  connector: ConnectorConfig,
  connection: Connection,
  listFor: ListFor,
): Promise<void> {
  for (const source of config.sources.values()) {
    if (source.connector !== connector.name) continue;
    await checkSource(listFor(`source/${source.name}`), connection, source, connector);
  }
  for (const each of config.imports.values()) {
    if (each.connector !== connector.name) continue;
    await checkImport(listFor(`import/${each.name}`), connection, each, connector);
  }
}

async function checkExports(
  config: Config,
  connector: string,
  connection: Connection,
  listFor: ListFor,
): Promise<void> {
  for (const each of config.exports.values()) {
    if (each.connector !== connector) continue;
    await checkExport(listFor(`export/${each.name}`), connection, each);
  }
}

function skipParts(
  config: Config,
  connector: string,
  listFor: ListFor,
  which: "all" | "readers" | "exports",
): void {
  const kinds = {
    all: ["source", "import", "export"],
    readers: ["source", "import"],
    exports: ["export"],
  }[which];
  const parts = { source: config.sources, import: config.imports, export: config.exports };
  for (const kind of kinds) {
    for (const part of parts[kind as keyof typeof parts].values()) {
      if (part.connector !== connector) continue;
      listFor(`${kind}/${part.name}`).skip("all", `connector ${connector} cannot be reached`);
    }
  }
}
