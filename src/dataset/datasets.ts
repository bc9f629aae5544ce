import { documentedDatasets, type DocumentedType } from "./documented.ts";

/** Name of a documented dataset, to the letter (`contactActivities`). */
export type DatasetName = keyof typeof documentedDatasets;

/** Type of a column in the hub's table. */
export type HubType = "bigint" | "integer" | "jsonb" | "numeric" | "text" | "timestamptz";

/** One column of a dataset, on both sides of an export. */
export interface DatasetColumn {
  /** Documented name: the column of the customer's table under `naming: documented`. */
  readonly parameter: string;
  /** Column of the hub's table, and of the customer's under `naming: snake_case`. */
  readonly hubColumn: string;
  readonly hubType: HubType;
  /** Type of the customer's column when Perigee creates it. */
  readonly targetType: DocumentedType;
  /** Longest documented value in characters; undefined where there is no limit. */
  readonly maxLength: number | undefined;
  readonly deprecatedParameter: string | undefined;
  readonly values: readonly string[];
}

/** One of the nine documented datasets as data. */
export interface Dataset {
  readonly name: DatasetName;
  readonly about: string;
  /** Table in the hub's schema `perigee`; also the customer's under `naming: snake_case`. */
  readonly hubTable: string;
  /** Table of the hub's change log: `xid xid8` and the key columns. */
  readonly changesTable: string;
  /** Key columns in order; never null. */
  readonly key: readonly DatasetColumn[];
  /** All columns in the documented order; a technical `_rowId` comes last where it is the key. */
  readonly columns: readonly DatasetColumn[];
}

/** `messageURL` → `message_url`, `Phone` → `phone`, `_rowId` → `row_id`. */
export function snakeCase(parameter: string): string {
  return parameter
    .replace(/^_/, "")
    .replace(/URL$/, "Url")
    .replace(/(?<!^)(?=[A-Z])/g, "_")
    .toLowerCase();
}

const rowId: DatasetColumn = {
  parameter: "_rowId",
  hubColumn: "row_id",
  hubType: "bigint",
  targetType: "bigint",
  maxLength: undefined,
  deprecatedParameter: undefined,
  values: [],
};

function hubTypeOf(type: DocumentedType): HubType {
  if (type === "timestamp") return "timestamptz";
  return type.startsWith("varchar") ? "text" : type as HubType;
}

function defineDataset(name: DatasetName): Dataset {
  const documented = documentedDatasets[name];
  const columns: DatasetColumn[] = documented.columns.map((column) => ({
    parameter: column.parameter,
    hubColumn: snakeCase(column.parameter),
    hubType: hubTypeOf(column.type),
    targetType: column.type,
    maxLength: column.type.startsWith("varchar")
      ? Number(column.type.slice("varchar(".length, -1))
      : undefined,
    deprecatedParameter: column.deprecatedParameter,
    values: column.values,
  }));
  if (documented.key[0] === rowId.parameter) columns.push(rowId);
  const key = documented.key.map((parameter) => {
    const column = columns.find((candidate) => candidate.parameter === parameter);
    if (column === undefined) throw new Error(`dataset ${name} has no column ${parameter}`);
    return column;
  });
  const hubTable = snakeCase(name);
  return {
    name,
    about: documented.about,
    hubTable,
    changesTable: `changes_of_${hubTable}`,
    key,
    columns,
  };
}

/** The nine datasets by name, in the page's (alphabetical) order. */
export const datasets: ReadonlyMap<DatasetName, Dataset> = new Map(
  (Object.keys(documentedDatasets) as DatasetName[]).map((name) => [name, defineDataset(name)]),
);

/** The dataset of that name; names come from the checked configuration, so a miss is our fault. */
export function requireDataset(name: DatasetName): Dataset {
  const dataset = datasets.get(name);
  if (dataset === undefined) throw new Error(`there is no dataset ${name}`);
  return dataset;
}
