import type { TransactionSql } from "postgres";
import type { ImportConfig, KeyField, MappingConfig } from "../config/model.ts";
import { requireDataset } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import { withHubTransaction } from "../hub/hub_transaction.ts";
import { createStaging, createTextStaging, fillFromText } from "../hub/import_staging.ts";
import { countRejects, storeRejects } from "../hub/import_state.ts";
import { createCsvTable, moveCsvRows } from "../hub/import_csv_rows.ts";
import { requireLease } from "../hub/lease.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import { copyInto } from "../postgres/copy_stream.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { applyRows } from "./apply_rows.ts";
import { checkRows } from "./check_rows.ts";
import { type CsvHeader, readCsvHeader } from "./csv_header.ts";
import { planImport } from "./plan_import.ts";
import { textRead, typedRead } from "./read_sql.ts";
import { hubColumns } from "./stage_rows.ts";
import type { SourceTable } from "./source_table.ts";

/** A CSV file and what is to become of it. */
export interface CsvImport {
  /** Names the import in lists of rejects. */
  readonly name: string;
  /** UTF-8, first line with the columns' names. */
  readonly file: AsyncIterable<Uint8Array>;
  readonly key: { readonly column: string; readonly field: KeyField };
  /** Undefined maps every column to the parameter, or else the additional field, of its name. */
  readonly mapping: ImportConfig["mapping"] | undefined;
  readonly dataset: ImportConfig["dataset"];
  readonly defaultCountry: string | undefined;
  readonly maxRows: number;
  /** Hears how many bytes of the file were passed on so far. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Imports a CSV file once, with the checks, rejects, policies and counts of `runImport`. Postgres
 * reads the CSV; values are cast one by one, so an odd one is left out alone. All of it becomes
 * visible in one transaction that holds the run's lease. Throws PG608 for a file that is no CSV.
 */
export async function importCsv(
  csv: CsvImport,
  context: RunContext,
  deps: { readonly hub: Pool; readonly hubTarget: ConnectionTarget },
): Promise<Counts> {
  const { header, file } = await readCsvHeader(csv.file);
  const config = configOf(csv, header);
  const plan = planImport(config, keyOf(csv, header), csvTable(header));
  return await withHubTransaction(deps.hubTarget, context.signal, async (connection) => {
    const { sql } = connection;
    await createCsvTable(sql, header.columns);
    const { rows } = await copyInto({
      chunks: counted(file, csv.onProgress),
      to: connection,
      write: `copy csv_rows from stdin (format csv, header true, delimiter '${header.delimiter}')`,
      signal: context.signal,
    }).catch(refuseCsv);
    requireCap(csv, rows);
    const text = textRead(plan);
    await createStaging(sql, typedRead(plan).staged, hubColumns(plan));
    await createTextStaging(sql, text.staged);
    await moveCsvRows(sql, text.staged, text.list);
    await fillFromText(sql, text.fill);
    const left = await checkRows(plan, sql, deps.hub.sql, csv.defaultCountry, rows);
    await requireLease(sql as unknown as TransactionSql, context.lease);
    const applied = await applyRows(plan, sql, deps.hub.sql, rows - left, false);
    const { inserted, updated, rejected, unmatched, linked } = applied;
    await storeRejects(sql, csv.name, context.runId, true);
    const { values: dropped } = await countRejects(sql);
    const gone = left + rejected;
    const unchanged = rows - gone - inserted - updated;
    return { read: rows, inserted, updated, unchanged, rejected: gone, dropped, unmatched, linked };
  });
}

function configOf(csv: CsvImport, header: CsvHeader): ImportConfig {
  const key = keyOf(csv, header);
  return {
    name: csv.name,
    connector: "",
    from: { kind: "table", schema: "pg_temp", table: "csv_rows" },
    dataset: csv.dataset,
    mapping: csv.mapping ?? mappingByName(csv, header, key.column),
    schedule: {
      cron: undefined,
      everyMs: undefined,
      timezone: "UTC",
      startsAt: undefined,
      endsAt: undefined,
      weekdays: [],
    },
    listen: undefined,
    mode: "full",
    cursor: undefined,
    onMissing: "keep",
    maxRows: csv.maxRows,
    defaultCountry: csv.defaultCountry,
    maxStalenessMs: undefined,
  };
}

const keyParameters = {
  email: "email",
  phone: "sms",
  externalCustomerId: "externalCustomerId",
} as const;

/** The key's column by its name in the connector, or else by that of the contact's field. */
function keyOf({ key }: CsvImport, { columns }: CsvHeader): CsvImport["key"] {
  if (columns.includes(key.column)) return key;
  const column = key.field.kind === "field" ? key.field.name : keyParameters[key.field.kind];
  return { column, field: key.field };
}

function mappingByName(csv: CsvImport, header: CsvHeader, keyColumn: string): MappingConfig[] {
  const parameters = new Set(
    requireDataset(csv.dataset).columns.map(({ parameter }) => parameter),
  );
  return header.columns.filter((column) => column !== keyColumn).map((column) => ({
    target: column,
    isAdditionalField: !parameters.has(column),
    value: { kind: "column", column },
    policy: "overwrite",
    nullOverwrites: false,
  }));
}

/** The file as a table of texts; which of its rows are duplicates only reading tells. */
function csvTable({ columns }: CsvHeader): SourceTable {
  return {
    from: "csv_rows",
    columns: new Map(columns.map((name) => [name, { name, type: "text", isNested: false }])),
    primaryKey: [],
    uniqueColumns: new Set(),
    windowObstacle: "a file has no xmin",
    identity: "",
    isStandby: false,
    hashesLists: false,
  };
}

async function* counted(
  file: AsyncIterable<Uint8Array>,
  onProgress: CsvImport["onProgress"],
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of file) {
    yield chunk;
    bytes += chunk.length;
    onProgress?.(bytes);
  }
}

function requireCap({ name, maxRows }: CsvImport, rows: number): void {
  if (rows <= maxRows) return;
  throw new PerigeeError(`import ${name} has ${rows} rows, and max_rows allows ${maxRows}`, {
    kind: "resource",
    code: "PG604",
    advice: "Raise max_rows, or split the file.",
  });
}

/** 22P04 and 22021: the file's form; its values cannot be wrong, they are all texts here. */
function refuseCsv(error: unknown): never {
  const isForm = error instanceof PerigeeError && error.sqlstate?.startsWith("22");
  if (!isForm) throw error;
  throw new PerigeeError(
    "the CSV file has a row with another number of fields, an open quote or bytes that are no UTF-8",
    {
      kind: "data",
      code: "PG608",
      advice: "Correct the file; every row needs as many fields as the first line has names.",
      sqlstate: error.sqlstate,
      cause: error,
    },
  );
}
