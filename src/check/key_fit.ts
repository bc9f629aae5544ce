import type { KeyField } from "../config/model.ts";
import type { ColumnInfo } from "../postgres/catalog.ts";

/** Types that never equal a contact field, whatever their text looks like. */
const neverKeys = new Set(["json", "jsonb", "bytea", "xml", "bool", "float4", "float8"]);

/**
 * Why a column of that type cannot be the contact key for the field, or undefined when it can.
 * E-mail addresses are text; phone numbers text or whole numbers; other fields whatever Postgres
 * prints in one way only, so no floating point numbers and no moments.
 */
export function describeKeyMismatch(column: ColumnInfo, field: KeyField): string | undefined {
  const found = `the key column ${column.name} is ${column.type}`;
  const isText = column.typeCategory === "S";
  if (field.kind === "email") {
    return isText ? undefined : `${found}, and e-mail addresses are compared as text`;
  }
  const isWhole = ["int2", "int4", "int8", "numeric"].includes(column.baseTypeName);
  if (field.kind === "phone") {
    return isText || isWhole ? undefined : `${found}, and phone numbers are text or whole numbers`;
  }
  const isUnfit = column.isArray || column.typeCategory === "D" || column.typeCategory === "T" ||
    neverKeys.has(column.baseTypeName);
  return isUnfit ? `${found}, which has no one way to be written as a key` : undefined;
}
