import type { Sql } from "postgres";
import type { Config } from "../config/model.ts";
import { hubKeyExpression, normalisePhone } from "../connector/contact_key.ts";
import { withReadTransaction } from "../connector/read_transaction.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import type { PerigeeError } from "../error.ts";
import { cachePhoneNumbers } from "../hub/phone_number.ts";
import {
  areFewKeys,
  createKeyTable,
  type KeyTable,
  matchCountedLeaf,
  matchLeaf,
  matchSharedLeaves,
} from "../hub/segment.ts";
import type { Connection } from "../postgres/connection.ts";
import { copyBetween } from "../postgres/copy_stream.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { RemoteLeaf } from "./plan_segments.ts";
import { requireOneSelect } from "./require_one_select.ts";
import { scanLeaves, sharedStatement } from "./shared_scan.ts";

/** One statement for the customer's database and the leaves that it answers. */
export interface LeafRead {
  readonly statement: string;
  readonly hasPayload: boolean;
  readonly leaves: readonly RemoteLeaf[];
}

/** What reading leaves works with. */
export interface LeafReading {
  readonly hubSession: Connection;
  readonly hub: Sql;
  readonly connectors: ConnectorRegistry;
  readonly config: Config;
  readonly signal: AbortSignal;
}

/**
 * Reads the keys of all leaves and stores in `segment_matched` whose they are. Each connector is
 * read in one transaction, so all leaves of one see the same moment. Keys stream as binary COPY;
 * nothing but phone numbers that were never seen passes through JavaScript. Errors are the
 * connection's own; PG623 for SQL that is not one statement.
 */
export async function readLeaves(
  leaves: readonly RemoteLeaf[],
  reading: LeafReading,
): Promise<void> {
  const connectors = [...new Set(leaves.map(({ connector }) => connector))];
  let number = 0;
  for (const connector of connectors) {
    const own = leaves.filter((leaf) => leaf.connector === connector);
    await withReadTransaction(reading.connectors, connector, reading.signal, async (source) => {
      for (const read of await planReads(own, source, reading.config)) {
        const table = `segment_keys_${++number}`;
        const rows = await copyKeys(read, table, source, reading);
        await matchRead(read, table, rows, reading);
      }
    });
  }
}

async function copyKeys(
  read: LeafRead,
  table: string,
  source: Connection,
  { hubSession, signal }: LeafReading,
): Promise<number> {
  await createKeyTable(hubSession.sql, table, read.hasPayload);
  const { rows } = await copyBetween({
    from: source,
    read: `copy (${read.statement}) to stdout (format binary)`,
    to: hubSession,
    write: `copy ${table} from stdin (format binary)`,
    signal,
  });
  return rows;
}

async function matchRead(
  { leaves }: LeafRead,
  table: string,
  rows: number,
  { hubSession, hub }: LeafReading,
): Promise<void> {
  const { sql } = hubSession;
  const [first] = leaves;
  if (first === undefined) return;
  const { field } = first;
  const contactKey = hubKeyExpression(field, "c");
  const keys: KeyTable = { name: table, field, contactKey, hasFew: await areFewKeys(sql, rows) };
  if (field.kind === "phone") {
    const { defaultCountry } = field;
    const normalise = (written: string) => normalisePhone(written, defaultCountry);
    await cachePhoneNumbers(sql, hub, `select key from ${table}`, defaultCountry, normalise);
  }
  if (leaves.length > 1) await matchSharedLeaves(sql, keys, leaves.map(({ leaf }) => leaf));
  else if (first.having !== undefined) {
    await matchCountedLeaf(sql, keys, first.leaf, first.having);
  } else await matchLeaf(sql, keys, first.leaf);
}

/**
 * Decides for leaves of one connector which of them share a scan: where the server's own estimate
 * for one pass that tests all conditions is below that for the statements one by one, which may
 * each use an index.
 */
async function planReads(
  leaves: readonly RemoteLeaf[],
  source: Connection,
  config: Config,
): Promise<LeafRead[]> {
  const reads: LeafRead[] = [];
  const bySource = new Map<string, RemoteLeaf[]>();
  for (const leaf of leaves) {
    if (leaf.scan === undefined) reads.push(await plainRead(leaf, source));
    else {
      const sharing = bySource.get(leaf.scan.source) ?? [];
      bySource.set(leaf.scan.source, [...sharing, leaf]);
    }
  }
  for (const sharing of bySource.values()) {
    for (let start = 0; start < sharing.length; start += scanLeaves) {
      const group = sharing.slice(start, start + scanLeaves);
      reads.push(...await cheaperReads(group, source, config));
    }
  }
  return reads;
}

async function cheaperReads(
  leaves: readonly RemoteLeaf[],
  source: Connection,
  config: Config,
): Promise<LeafRead[]> {
  const single = await Promise.all(leaves.map((leaf) => plainRead(leaf, source)));
  const [first] = leaves;
  if (leaves.length < 2 || first === undefined) return single;
  const statement = await sharedStatement(leaves, config, source.sql)
    .catch((error) => {
      throw refused(error, first, source);
    });
  const costs = await Promise.all(
    single.map((each) => estimateCost(source, each.statement, first)),
  );
  const singleCost = costs.reduce((sum, cost) => sum + cost, 0);
  const isCheaper = await estimateCost(source, statement, first) < singleCost;
  return isCheaper ? [{ statement, hasPayload: true, leaves }] : single;
}

async function plainRead(leaf: RemoteLeaf, source: Connection): Promise<LeafRead> {
  await requireOneSelect(leaf, source.sql, source.target);
  return { statement: leaf.statement, hasPayload: leaf.having !== undefined, leaves: [leaf] };
}

async function estimateCost(
  source: Connection,
  statement: string,
  leaf: RemoteLeaf,
): Promise<number> {
  try {
    const [row] = await source.sql.unsafe<{ "QUERY PLAN": string }[]>(
      `explain (format json) ${statement}`,
    );
    const [plan] = typeof row?.["QUERY PLAN"] === "string"
      ? JSON.parse(row["QUERY PLAN"])
      : row?.["QUERY PLAN"] ?? [];
    return Number(plan?.Plan?.["Total Cost"] ?? 0);
  } catch (error) {
    throw refused(error, leaf, source);
  }
}

function refused(error: unknown, leaf: RemoteLeaf, source: Connection): PerigeeError {
  return describeFailure(error, {
    doing: `evaluate the conditions at ${leaf.place}`,
    target: source.target,
  });
}
