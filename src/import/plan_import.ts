import { createHash } from "node:crypto";
import type { ConflictPolicy, ImportConfig, KeyField, MappingValue } from "../config/model.ts";
import { sourceKeyExpression } from "../connector/contact_key.ts";
import { type Dataset, type HubType, requireDataset } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import { columnsOf, sourceValueSql } from "./mapping_sql.ts";
import type { SourceTable } from "./source_table.ts";

/** A value that a row of the source gives to a column of the dataset. */
export interface MappedColumn {
  readonly parameter: string;
  readonly hubColumn: string;
  readonly hubType: HubType;
  readonly value: MappingValue;
  readonly policy: ConflictPolicy;
  readonly nullOverwrites: boolean;
}

/** A value that a row of the source gives to an additional field of a contact. */
export interface MappedField {
  readonly name: string;
  readonly value: MappingValue;
  readonly policy: ConflictPolicy;
  readonly nullOverwrites: boolean;
  readonly isNested: boolean;
}

/**
 * What tells which row of the dataset a row of the source is: the contact's key; mapped columns
 * that are the dataset's key; or the source's primary key, through `perigee.import_links`.
 */
export type RowIdentity =
  | { readonly kind: "contact" }
  | { readonly kind: "columns"; readonly hubColumns: readonly string[] }
  | { readonly kind: "link"; readonly sourceKey: string };

/** An import as pure data: what is read and what becomes of it. */
export interface ImportPlan {
  readonly name: string;
  readonly dataset: Dataset;
  readonly field: KeyField;
  /** SQL over `t` for the contact's key; undefined where the source's rows name no contact. */
  readonly keySql: string | undefined;
  readonly columns: readonly MappedColumn[];
  readonly fields: readonly MappedField[];
  readonly identity: RowIdentity;
  /** SQL over `t` for the text that a row is known by: its contact's key, or the dataset's. */
  readonly sourceKeySql: string;
  /** SQL over `t`: of rows with the same identity the one that is greatest wins. */
  readonly rank: readonly { readonly sql: string; readonly type: "numeric" | "text" }[];
  /** The source has no two rows of one identity, as far as its catalog tells. */
  readonly isUnique: boolean;
  readonly remembersRows: boolean;
  readonly fingerprint: string;
}

/**
 * Plans an import against what the source turned out to be. Pure. Throws PG601 for columns that are
 * not there, PG602 for a mapping that contradicts the key, PG603 where rows cannot be told apart,
 * PG607 for an `on_missing` that the dataset cannot have.
 */
export function planImport(
  config: ImportConfig,
  key: { readonly column: string; readonly field: KeyField },
  source: SourceTable,
): ImportPlan {
  const dataset = requireDataset(config.dataset);
  requireColumns(config, source);
  const isContacts = dataset.name === "contacts";
  const hasKey = source.columns.has(key.column);
  if (isContacts && !hasKey) {
    throw refuse(config, "PG601", `the source has no key column ${key.column}`);
  }
  const field = withCountry(key.field, config.defaultCountry);
  const keySql = hasKey
    ? sourceKeyExpression(`t.${quoteIdentifier(key.column)}`, field)
    : undefined;
  const mapping = isContacts ? withoutKey(config, key) : config.mapping;
  const columns = mapping.filter((each) => !each.isAdditionalField)
    .map((each) => mappedColumn(dataset, each, config));
  const identity = identityOf(config, dataset, columns, source);
  requireFittingRemoval(config, dataset);
  return {
    name: config.name,
    dataset,
    field,
    keySql,
    columns,
    fields: mapping.filter((each) => each.isAdditionalField).map((each) => ({
      name: each.target,
      value: each.value,
      policy: each.policy,
      nullOverwrites: each.nullOverwrites,
      isNested: columnsOf(each.value).some((name) => source.columns.get(name)?.isNested ?? false),
    })),
    identity,
    sourceKeySql: sourceKeyOf(identity, columns, keySql),
    rank: rankOf(config, source),
    isUnique: isUniqueIdentity(identity, key.column, config, source),
    remembersRows: config.onMissing !== "keep" || identity.kind === "link",
    fingerprint: fingerprintOf(config, key),
  };
}

function refuse(config: ImportConfig, code: string, reason: string): PerigeeError {
  const kind = code === "PG601" ? "schema" : "config";
  return new PerigeeError(`import ${config.name} cannot run: ${reason}`, { kind, code });
}

function requireColumns(config: ImportConfig, { columns }: SourceTable): void {
  const cursor = config.cursor === undefined ? [] : [config.cursor.column];
  const named = [...config.mapping.flatMap(({ value }) => columnsOf(value)), ...cursor];
  const absent = [...new Set(named)].filter((name) => !columns.has(name));
  if (absent.length === 0) return;
  throw refuse(
    config,
    "PG601",
    `the source has no column ${absent.join(", ")}; it has ${[...columns.keys()].join(", ")}`,
  );
}

function withCountry(field: KeyField, defaultCountry: string | undefined): KeyField {
  if (field.kind !== "phone") return field;
  return { kind: "phone", defaultCountry: field.defaultCountry ?? defaultCountry };
}

const keyParameters = {
  email: "email",
  phone: "sms",
  externalCustomerId: "externalCustomerId",
} as const;

/** The mapping without the key's own field, which always takes the key. */
function withoutKey(
  config: ImportConfig,
  key: { readonly column: string; readonly field: KeyField },
): ImportConfig["mapping"] {
  const isField = key.field.kind === "field";
  const target = key.field.kind === "field" ? key.field.name : keyParameters[key.field.kind];
  return config.mapping.filter((each) => {
    if (each.isAdditionalField !== isField || each.target !== target) return true;
    const columns = columnsOf(each.value);
    if (columns.length === 1 && columns[0] === key.column) return false;
    const reason = `${target} is the contact's key and comes from column ${key.column}`;
    throw refuse(config, "PG602", `${reason}, so nothing else can be mapped to it`);
  });
}

function mappedColumn(
  dataset: Dataset,
  mapping: ImportConfig["mapping"][number],
  config: ImportConfig,
): MappedColumn {
  const column = dataset.columns.find(({ parameter }) => parameter === mapping.target);
  if (column === undefined) {
    throw refuse(config, "PG602", `dataset ${dataset.name} has no parameter ${mapping.target}`);
  }
  const { parameter, hubColumn, hubType } = column;
  const { value, policy, nullOverwrites } = mapping;
  return { parameter, hubColumn, hubType, value, policy, nullOverwrites };
}

function identityOf(
  config: ImportConfig,
  dataset: Dataset,
  columns: readonly MappedColumn[],
  source: SourceTable,
): RowIdentity {
  if (dataset.name === "contacts") return { kind: "contact" };
  const mapped = new Set(columns.map(({ hubColumn }) => hubColumn));
  if (dataset.name === "orders" && mapped.has("external_order_id")) {
    return { kind: "columns", hubColumns: ["external_order_id"] };
  }
  const own = dataset.key.map(({ hubColumn }) => hubColumn);
  if (own.every((column) => mapped.has(column))) return { kind: "columns", hubColumns: own };
  if (source.primaryKey.length === 0 || own.length > 1) {
    const wanted = dataset.key.map(({ parameter }) => parameter).join(" and ");
    throw refuse(
      config,
      "PG603",
      `rows cannot be told apart: map ${wanted}, or read a table with a primary key`,
    );
  }
  const parts = source.primaryKey.map((name) => `(t.${quoteIdentifier(name)})::text`);
  return { kind: "link", sourceKey: arrayText(parts) };
}

function sourceKeyOf(
  identity: RowIdentity,
  columns: readonly MappedColumn[],
  keySql: string | undefined,
): string {
  if (identity.kind === "contact") return keySql ?? "null";
  if (identity.kind === "link") return identity.sourceKey;
  const parts = identity.hubColumns.map((name) => {
    const column = columns.find(({ hubColumn }) => hubColumn === name);
    return column === undefined ? "null" : `(${sourceValueSql(column.value)})::text`;
  });
  return arrayText(parts);
}

/** One part as it is, several as the text of a JSON array, which no value can imitate. */
function arrayText(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0] ?? "" : `jsonb_build_array(${parts.join(", ")})::text`;
}

function requireFittingRemoval({ onMissing, name }: ImportConfig, dataset: Dataset): void {
  const isFitting = onMissing === "keep" || dataset.name === "contacts" ||
    onMissing === "delete" && dataset.key.length === 1;
  if (isFitting) return;
  throw new PerigeeError(`import ${name} cannot ${onMissing} rows of ${dataset.name}`, {
    kind: "config",
    code: "PG607",
    advice: "Use `on_missing: keep`.",
  });
}

/** Newest first where a cursor says what that is, else by primary key: the same at every run. */
function rankOf(config: ImportConfig, source: SourceTable): ImportPlan["rank"] {
  const columns = [
    ...(config.cursor === undefined ? [] : [config.cursor.column]),
    ...source.primaryKey,
  ];
  if (source.primaryKey.length === 0) {
    columns.push(...config.mapping.flatMap(({ value }) => columnsOf(value)));
  }
  return [...new Set(columns)].map((name) => {
    const sql = `t.${quoteIdentifier(name)}`;
    const type = source.columns.get(name)?.type ?? "text";
    if (/^(smallint|integer|bigint|numeric)/.test(type)) return { sql, type: "numeric" };
    if (!/^(date|timestamp)/.test(type)) return { sql: `(${sql})::text`, type: "text" };
    return { sql: `extract(epoch from ${sql})`, type: "numeric" };
  });
}

function isUniqueIdentity(
  identity: RowIdentity,
  keyColumn: string,
  config: ImportConfig,
  { uniqueColumns }: SourceTable,
): boolean {
  if (identity.kind === "link") return true;
  if (identity.kind === "contact") return uniqueColumns.has(keyColumn);
  const [only, ...others] = identity.hubColumns;
  if (only === undefined || others.length > 0) return false;
  const mapping = config.mapping.find(({ target }) =>
    requireDataset(config.dataset).columns.some(({ parameter, hubColumn }) =>
      parameter === target && hubColumn === only
    )
  );
  return mapping?.value.kind === "column" && uniqueColumns.has(mapping.value.column);
}

/** Changes exactly when rows read before would have become something else. */
function fingerprintOf(config: ImportConfig, key: unknown): string {
  const { connector, from, dataset, mapping, cursor, onMissing, defaultCountry } = config;
  const meaning = [
    connector,
    from,
    dataset,
    mapping,
    cursor?.column,
    onMissing,
    defaultCountry,
    key,
  ];
  return createHash("sha256").update(JSON.stringify(meaning)).digest("hex");
}
