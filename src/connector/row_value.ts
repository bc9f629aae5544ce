import { quoteLiteral } from "../postgres/identifier.ts";

/** What has to be known of a column to write its values as JSON. */
export interface ValueColumn {
  readonly name: string;
  /** `pg_type.typname`; of a domain, that of the type beneath. */
  readonly baseTypeName: string;
  readonly isArray: boolean;
}

const wholeNumbers = new Set(["int2", "int4", "int8", "oid"]);
const fractions = new Set(["numeric", "float4", "float8"]);
const documents = new Set(["json", "jsonb"]);
/** Types whose values are short by nature, so that their length need not be looked at. */
const shortTypes = new Set([
  ...wholeNumbers,
  ...fractions,
  ...["money", "bool", "date", "timestamp", "timestamptz", "time", "timetz", "interval", "uuid"],
  ...["inet", "cidr", "macaddr", "macaddr8"],
]);

/** How values are written. */
export interface ValueRules {
  readonly values: "text" | "typed";
  /** Longest value; a longer one becomes null. */
  readonly maxValueBytes: number;
}

/**
 * SQL text of the JSON of one value: `"2"`, `"2020-09-02T00:00:00Z"`, `null`. Never SQL null. `text`
 * writes every value as a string, numbers in decimal; `typed` keeps JSON numbers, booleans, arrays
 * and documents. Dates and timestamps are ISO 8601 in UTC with `Z` in both (a timestamp without
 * zone is taken as UTC); infinite ones and those before year 1 stay as Postgres spells them.
 */
export function valueSql(
  column: ValueColumn,
  expression: string,
  { values, maxValueBytes }: ValueRules,
): string {
  const written = writtenSql(column, expression, values);
  const guarded = isShort(column)
    ? written
    : `case when ${lengthSql(column, expression)} <= ${maxValueBytes} then ${written} end`;
  return `coalesce(${guarded}, 'null')`;
}

/** SQL integer: 1 when the value is too long and was written as null; undefined where it cannot be. */
export function tooLongSql(
  column: ValueColumn,
  expression: string,
  { maxValueBytes }: ValueRules,
): string | undefined {
  if (isShort(column)) return undefined;
  return `coalesce((${lengthSql(column, expression)} > ${maxValueBytes})::int, 0)`;
}

/** `"name":` as a SQL literal, the beginning of a member of a JSON object. */
export function memberSql(name: string): string {
  return quoteLiteral(`${JSON.stringify(name)}:`);
}

function isShort(column: ValueColumn): boolean {
  return !column.isArray && shortTypes.has(column.baseTypeName);
}

function lengthSql(column: ValueColumn, expression: string): string {
  // octet_length knows the length of a text or bytea without fetching it from its TOAST table.
  const isDirect = !column.isArray && column.baseTypeName === "bytea";
  return isDirect ? `octet_length(${expression})` : `octet_length(${expression}::text)`;
}

function writtenSql(column: ValueColumn, expression: string, values: "text" | "typed"): string {
  const { baseTypeName: type, isArray } = column;
  if (isArray || documents.has(type)) {
    const json = isArray ? `to_json(${expression})::text` : `${expression}::text`;
    return values === "typed" ? json : `to_json(${json})::text`;
  }
  if (type === "date" || type === "timestamp") return momentSql(type, expression);
  if (type === "timestamptz") return momentSql("timestamp", `(${expression} at time zone 'UTC')`);
  if (type === "bytea") return `to_json(encode(${expression}, 'base64'))::text`;
  if (wholeNumbers.has(type) || type === "bool") {
    return values === "typed" ? `${expression}::text` : `'"' || ${expression}::text || '"'`;
  }
  // to_json writes NaN and the infinities, which JSON numbers cannot be, as strings.
  if (fractions.has(type) && values === "typed") return `to_json(${expression})::text`;
  if (type === "money") {
    const amount = `${expression}::numeric::text`;
    return values === "typed" ? amount : `'"' || ${amount} || '"'`;
  }
  return `to_json(${expression}::text)::text`;
}

function momentSql(type: "date" | "timestamp", expression: string): string {
  const iso = type === "date"
    ? `to_char(${expression}, 'YYYY-MM-DD"T00:00:00Z"')`
    : `to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS')` +
      ` || rtrim(to_char(${expression}, '.US'), '.0') || 'Z'`;
  // to_char has no sign for years before 1 and no word for infinity; to_json has both.
  return `case when ${expression} >= '0001-01-01' and ${expression} < 'infinity'` +
    ` then '"' || ${iso} || '"' else to_json(${expression})::text end`;
}
