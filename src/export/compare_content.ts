import type { Sql } from "postgres";
import {
  boundsQuery,
  comparable,
  hashOf,
  hubHashesQuery,
  hubRangeQuery,
  rangeOf,
} from "../hub/dataset_hashes.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import type { ExportSession } from "./export_sessions.ts";
import { type FittedTable, stagedTypes } from "./fit_table.ts";
import { rowQuery } from "./table_run.ts";

/** How a key range of a customer's table stands to the hub. Keys are JSON arrays as text. */
export interface ComparedRange {
  readonly range: number;
  readonly bounds: string;
  readonly hubRows: number;
  readonly tableRows: number;
  /** In the hub and not in the table. */
  readonly missing: readonly string[];
  /** In both, with other values. */
  readonly different: readonly string[];
  /** In the table and not in the hub. */
  readonly extra: readonly string[];
}

interface RangeHash {
  readonly range: number;
  readonly rows: string;
  readonly hash: string;
}

/**
 * Compares a customer's table with its dataset: count and hash of every key range on both sides,
 * and the keys of the ranges that differ. Both connections must be in read transactions; only
 * hashes and keys cross the network, and at most one range's keys are in memory.
 */
export async function* compareContent(
  fitted: FittedTable,
  { hub, target }: ExportSession,
): AsyncGenerator<ComparedRange> {
  const query = rowQuery(fitted);
  const [row] = await hub.sql.unsafe<{ bounds: string }[]>(boundsQuery(query.dataset));
  const bounds = row?.bounds ?? "{}";
  const aliases = hubValues(fitted);
  const [ours, theirs] = await Promise.all([
    readHashes(hub.sql, hubHashesQuery(query, aliases, bounds)),
    readHashes(target.sql, tableHashesQuery(fitted, bounds)),
  ]);
  const ranges = new Set([...ours.keys(), ...theirs.keys()]);
  for (const range of [...ranges].sort((one, other) => one - other)) {
    const [mine, there] = [ours.get(range), theirs.get(range)];
    const counts = { hubRows: Number(mine?.rows ?? 0), tableRows: Number(there?.rows ?? 0) };
    const isEqual = mine?.rows === there?.rows && mine?.hash === there?.hash;
    const keys = isEqual ? noDifference : await compareRange(
      await readKeys(hub.sql, hubRangeQuery(query, aliases, bounds, range)),
      await readKeys(target.sql, tableRangeQuery(fitted, bounds, range)),
    );
    yield { range, bounds, ...counts, ...keys };
  }
}

const noDifference = { missing: [], different: [], extra: [] };

function compareRange(ours: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>) {
  const missing = [...ours.keys()].filter((key) => !theirs.has(key));
  const extra = [...theirs.keys()].filter((key) => !ours.has(key));
  const different = [...ours].filter(([key, hash]) => theirs.has(key) && theirs.get(key) !== hash)
    .map(([key]) => key);
  return { missing, different, extra };
}

async function readHashes(sql: Sql, query: string): Promise<Map<number, RangeHash>> {
  const rows = await sql.unsafe<RangeHash[]>(query);
  return new Map(rows.map((row) => [row.range, row]));
}

async function readKeys(sql: Sql, query: string): Promise<Map<string, string>> {
  const rows = await sql.unsafe<{ key: string; hash: string }[]>(query);
  return new Map(rows.map(({ key, hash }) => [key, hash]));
}

/** The hub's values in the order of the table's columns. */
function hubValues(fitted: FittedTable): string[] {
  const { columns } = fitted.table.dataset;
  return fitted.columns.map(({ column: { source } }) =>
    comparable(`w.c${columns.indexOf(source) + 1}`, source.hubType)
  );
}

/** The table's values, read back as the hub's types; a column that is to be added has none. */
function tableValues(fitted: FittedTable): string[] {
  return fitted.columns.map(({ column, fit }) => {
    const type = stagedTypes[column.source.hubType];
    if (fitted.added.includes(column)) return `null::${type}`;
    const value = `t.${quoteIdentifier(column.name)}`;
    const read = fit === "same" ? value : `${value}::text::${type}`;
    return comparable(read, column.source.hubType);
  });
}

function tableHashesQuery(fitted: FittedTable, bounds: string): string {
  return `select h.range, count(*)::text as rows, sum(h.hash)::text as hash
from (${tableRowHashes(fitted, bounds)}) as h group by h.range`;
}

function tableRangeQuery(fitted: FittedTable, bounds: string, range: number): string {
  return `select h.key, h.hash::text as hash from (${
    tableRowHashes(fitted, bounds)
  }) as h where h.range = ${range}`;
}

function tableRowHashes(fitted: FittedTable, bounds: string): string {
  const { table } = fitted;
  const keys = table.key.map((column) =>
    `t.${quoteIdentifier(column.name)}::text::${stagedTypes[column.source.hubType]}`
  );
  return `select json_build_array(${keys.join(", ")})::text as key,
  ${rangeOf(keys[0] ?? "", bounds)} as range, ${hashOf(tableValues(fitted))} as hash
from ${quoteQualified(table.schema, table.name)} as t`;
}
