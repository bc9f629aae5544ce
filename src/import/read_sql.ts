import type { MappingValue } from "../config/model.ts";
import type { HubType } from "../dataset/datasets.ts";
import { sourceKeyExpression } from "../connector/contact_key.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";
import type { StagedColumn, TextFill } from "../hub/import_staging.ts";
import { columnsOf, sourceValueSql, textValueSql } from "./mapping_sql.ts";
import type { ImportPlan, MappedColumn, MappedField } from "./plan_import.ts";

/** The shape of the staging tables and the SELECT lists that fill them. Pure. */
export interface ReadPlan {
  readonly staged: readonly StagedColumn[];
  /** SELECT list over `t` with the types of `staged`. */
  readonly list: string;
}

/** Is the text that a row is known by another one than its contact's key? */
export function hasSourceKey(plan: ImportPlan): boolean {
  return plan.identity.kind !== "contact" || plan.field.kind === "phone";
}

/** What every row has besides mapped values: keys, and its rank among rows of the same identity. */
function fixedColumns(plan: ImportPlan): { name: string; type: string; sql: string }[] {
  return [
    ...(plan.keySql === undefined ? [] : [{ name: "key", type: "text", sql: plan.keySql }]),
    ...(hasSourceKey(plan) ? [{ name: "source_key", type: "text", sql: plan.sourceKeySql }] : []),
    ...(plan.isUnique ? [] : plan.rank.map(({ sql, type }, index) => ({
      name: `rank_${index + 1}`,
      type,
      sql: `(${sql})::${type}`,
    }))),
  ];
}

/** Values are cast to the hub's types by the source, which refuses the statement if one cannot be. */
export function typedRead(plan: ImportPlan): ReadPlan {
  const columns = [
    ...fixedColumns(plan),
    ...plan.columns.map((column) => ({
      name: column.hubColumn,
      type: column.hubType,
      sql: hubValueSql(column, sourceValueSql(column.value)),
    })),
    ...(plan.fields.length === 0
      ? []
      : [{ name: "fields", type: "jsonb", sql: fieldsSql(plan.fields) }]),
  ];
  const list = columns.map(({ name, sql }) => `${sql} as ${quoteIdentifier(name)}`).join(", ");
  return { staged: columns.map(({ name, type }) => ({ name, type })), list };
}

/**
 * The same values by way of text: the source prints every column, which never fails, and the hub
 * casts value by value. For sources that hold something that cannot be cast. Fields that need no
 * cast come as the source's own JSON.
 */
export function textRead(plan: ImportPlan): ReadPlan & { readonly fill: TextFill } {
  const sure = plan.fields.filter((field) => !needsCast(field));
  const risky = plan.fields.filter(needsCast);
  const names = [
    ...new Set([...plan.columns, ...risky].flatMap(({ value }) => columnsOf(value))),
  ];
  const place = new Map(names.map((name, index) => [name, `value_${index + 1}`]));
  const textColumn = (name: string) => `x.${place.get(name)}`;
  const fixed = fixedColumns(plan);
  const columns = [
    ...fixed,
    ...names.map((name) => ({
      name: place.get(name) ?? "",
      type: "text",
      sql: `(t.${quoteIdentifier(name)})::text`,
    })),
    ...(sure.length === 0 ? [] : [{ name: "sure", type: "jsonb", sql: fieldsSql(sure) }]),
  ];
  const values = plan.columns.map((column) => textFill(column, textColumn));
  const fields = risky.map((field) => fieldFill(field, textColumn));
  const joined = [
    ...(sure.length === 0 ? [] : ["x.sure"]),
    ...(fields.length === 0 ? [] : [joinFields(fields)]),
  ].join(" || ");
  return {
    staged: columns.map(({ name, type }) => ({ name, type })),
    list: columns.map(({ name, sql }) => `${sql} as ${quoteIdentifier(name)}`).join(", "),
    fill: {
      columns: [
        ...fixed.map(({ name }) => ({ name, sql: `x.${name}` })),
        ...values.map(({ name, sql }) => ({ name, sql })),
        ...(joined === "" ? [] : [{ name: "fields", sql: joined }]),
      ],
      losses: [...values, ...fields].map(({ field, isLost }) => ({ field, isLost })),
      keyColumn: hasSourceKey(plan) ? "source_key" : "key",
    },
  };
}

type TextColumn = (column: string) => string;

function textFill(column: MappedColumn, textColumn: TextColumn) {
  const { hubColumn: name, hubType, parameter: field } = column;
  const text = textValueSql(column.value, textColumn);
  const read = hubType === "text"
    ? text
    : `perigee.text_as(${wholeNumber(text, hubType)}, '${hubType}')`;
  const isLost = lostSql(read, columnsOf(column.value).map(textColumn));
  return { name, field, sql: hubValueSql(column, read), isLost };
}

/** Where the source's numbers are rounded to whole ones, their texts have to be rounded too. */
function wholeNumber(text: string, type: HubType): string {
  if (type !== "integer" && type !== "bigint") return text;
  return `round(perigee.number_of(${text}))::text`;
}

function fieldFill(field: MappedField, textColumn: TextColumn) {
  const text = textValueSql(field.value, textColumn);
  const type = castType(field.value) ?? "jsonb";
  const json = `to_jsonb(perigee.text_as(${text}, ${quoteLiteral(type)})::${type})`;
  const isLost = lostSql(json, columnsOf(field.value).map(textColumn));
  return { name: field.name, field: field.name, json, isNested: true, isLost };
}

/** Can the source fail to make JSON of it? json columns can hold what jsonb cannot. */
function needsCast({ value, isNested }: MappedField): boolean {
  return isNested || castType(value) !== undefined;
}

function castType(value: MappingValue): string | undefined {
  if (value.kind === "cast") return value.type.toLowerCase();
  if (value.kind !== "coalesce") return undefined;
  return value.values.map(castType).find((type) => type !== undefined);
}

/** True where a column had something and nothing came of it. */
function lostSql(result: string, given: readonly string[]): string {
  if (given.length === 0) return "false";
  return `(${result}) is null and coalesce(${
    given.map((each) => `nullif(${each}, '')`).join(", ")
  }) is not null`;
}

/** A value as its hub column stores it; emails in the form in which they are compared. */
function hubValueSql(column: MappedColumn, sql: string): string {
  if (column.hubColumn === "email") return sourceKeyExpression(sql, { kind: "email" });
  if (column.hubColumn === "sms") {
    return sourceKeyExpression(sql, { kind: "phone", defaultCountry: undefined });
  }
  if (column.hubColumn === "external_customer_id") return `nullif((${sql})::text, '')`;
  return castSql(sql, column.hubType);
}

function castSql(sql: string, type: HubType): string {
  return `(${sql})::${type}`;
}

function fieldsSql(fields: readonly MappedField[]): string {
  return joinFields(fields.map((field) => {
    const sql = sourceValueSql(field.value);
    // A constant is of no type yet.
    const typed = columnsOf(field.value).length === 0 ? constantJson(sql) : `to_jsonb(${sql})`;
    return { name: field.name, json: typed, isNested: field.isNested };
  }));
}

function constantJson(sql: string): string {
  return sql.startsWith("'") || sql.startsWith("E'")
    ? `to_jsonb(${sql}::text)`
    : `to_jsonb(${sql})`;
}

/** Arguments that one function takes at most are 100; two for each field. */
const fieldsPerObject = 50;

/** One object without the fields that are null; nulls inside nested values stay. */
function joinFields(
  fields: readonly { readonly name: string; readonly json: string; readonly isNested: boolean }[],
): string {
  const flat = fields.filter(({ isNested }) => !isNested);
  const parts: string[] = [];
  for (let start = 0; start < flat.length; start += fieldsPerObject) {
    const pairs = flat.slice(start, start + fieldsPerObject)
      .map(({ name, json }) => `${quoteLiteral(name)}, ${json}`);
    parts.push(`jsonb_strip_nulls(jsonb_build_object(${pairs.join(", ")}))`);
  }
  for (const { name, json } of fields.filter(({ isNested }) => isNested)) {
    parts.push(
      `case when ${json} is null then '{}'::jsonb else jsonb_build_object(${
        quoteLiteral(name)
      }, ${json}) end`,
    );
  }
  return parts.join(" || ");
}
