import type { ExportConfig } from "../config/model.ts";
import {
  type Dataset,
  type DatasetColumn,
  type DatasetName,
  requireDataset,
  snakeCase,
} from "../dataset/datasets.ts";

/** A column of a customer's table, as Perigee wants it. */
export interface ExportColumn {
  readonly name: string;
  /** Type in DDL: the documented one, or text where long values are widened. */
  readonly type: string;
  /** Where its values come from. */
  readonly source: DatasetColumn;
  readonly isKey: boolean;
  readonly isDeprecated: boolean;
}

/** A customer's table, as Perigee wants it: columns in the documented order, the key among them. */
export interface ExportTable {
  readonly dataset: Dataset;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly ExportColumn[];
  readonly key: readonly ExportColumn[];
}

type Shape = Pick<ExportConfig, "schema" | "naming" | "deprecatedColumns" | "longValues">;

/**
 * The table that an export wants for a dataset. Documented columns come first, in the page's
 * order, then the deprecated names where asked for; the technical `_rowId` is always last.
 */
export function describeTable(name: DatasetName, config: Shape): ExportTable {
  const dataset = requireDataset(name);
  const describe = (source: DatasetColumn, parameter: string): ExportColumn => ({
    name: config.naming === "documented" ? parameter : snakeCase(parameter),
    type: config.longValues === "widen" && source.maxLength !== undefined
      ? "text"
      : source.targetType,
    source,
    isKey: parameter === source.parameter && dataset.key.includes(source),
    isDeprecated: parameter !== source.parameter,
  });
  const documented = dataset.columns.map((column) => describe(column, column.parameter));
  const deprecated = config.deprecatedColumns
    ? dataset.columns.flatMap((column) =>
      column.deprecatedParameter === undefined ? [] : [describe(column, column.deprecatedParameter)]
    )
    : [];
  const technical = documented.filter((column) => isTechnical(column.source));
  const columns = [
    ...documented.filter((column) => !isTechnical(column.source)),
    ...deprecated,
    ...technical,
  ];
  return {
    dataset,
    schema: config.schema,
    name: config.naming === "documented" ? dataset.name : dataset.hubTable,
    columns,
    key: dataset.key.map((source) => {
      const column = columns.find((candidate) => candidate.source === source && candidate.isKey);
      if (column === undefined) throw new Error(`${name} has no key column ${source.parameter}`);
      return column;
    }),
  };
}

function isTechnical(column: DatasetColumn): boolean {
  return column.parameter.startsWith("_");
}
