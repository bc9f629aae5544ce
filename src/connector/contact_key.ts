import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";
import type { KeyField } from "../config/model.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";

/** White space that people leave around addresses; ASCII only, so that every encoding knows it. */
const whiteSpace = " \t\n\r\f\v";

/**
 * SQL over a table of the customer's that turns the key column (an SQL expression, already quoted)
 * into the text that is compared: emails trimmed and lower-cased, phone numbers trimmed and
 * otherwise as written (only libphonenumber knows more), other keys exactly as Postgres prints them.
 * Null where there is no key. Letters are lower-cased by the rules of ASCII, the same in every
 * database; a Turkish collation would turn `INFO@` into something else.
 */
export function sourceKeyExpression(column: string, field: KeyField): string {
  const trimmed = `btrim((${column})::text, E' \\t\\n\\r\\f\\x0b')`;
  if (field.kind === "email") return `nullif(lower(${trimmed} collate "C"), '')`;
  if (field.kind === "phone") return `nullif(${trimmed}, '')`;
  return `nullif((${column})::text, '')`;
}

const bigintRange = "-9223372036854775808 and 9223372036854775807";

/**
 * SQL for "the row has this key": true exactly where `sourceKeyExpression` gives `keySql`. Keys that
 * are compared to the letter are compared in the column's own type, so that a plain index on it
 * serves; e-mail addresses and phone numbers have many spellings, of which a plain index finds one,
 * so they need an index on the expression. `type` is `ColumnInfo.baseTypeName`.
 */
export function keyCondition(
  column: string,
  type: string,
  field: KeyField,
  keySql: string,
): string {
  const isLiteral = field.kind === "externalCustomerId" || field.kind === "field";
  if (isLiteral && (type === "text" || type === "varchar")) {
    return `${column} = nullif(${keySql}, '')`;
  }
  if (isLiteral && type === "uuid") {
    const isUuid = `${keySql} ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`;
    return `${column} = case when ${isUuid} then (${keySql})::uuid end`;
  }
  if (isLiteral && (type === "int2" || type === "int4" || type === "int8")) {
    return `${column} = case when ${keySql} ~ '^(0|-?[1-9][0-9]{0,17})$' then (${keySql})::bigint
      when ${keySql} ~ '^-?[1-9][0-9]{18}$' and (${keySql})::numeric between ${bigintRange}
      then (${keySql})::bigint end`;
  }
  return `${sourceKeyExpression(column, field)} = ${keySql}`;
}

/**
 * SQL over `perigee.contacts` under the name `alias` for the text that a source's key is compared
 * with: `lower(email)` and the other indexed columns. Numbers in the hub are E.164.
 */
export function hubKeyExpression(field: KeyField, alias: string): string {
  const contact = quoteIdentifier(alias);
  if (field.kind === "email") return `lower(${contact}.email)`;
  if (field.kind === "phone") return `${contact}.sms`;
  if (field.kind === "externalCustomerId") return `${contact}.external_customer_id`;
  return `(${contact}.fields ->> ${quoteLiteral(field.name)})`;
}

/**
 * The key that a text means, as the hub stores and compares it; undefined when it means none: it is
 * empty, or a phone number that does not exist. `defaultCountry` serves numbers written without
 * their country's code where the field names none.
 */
export function normaliseKey(
  text: string,
  field: KeyField,
  defaultCountry?: string,
): string | undefined {
  if (field.kind === "phone") return normalisePhone(text, field.defaultCountry ?? defaultCountry);
  const key = field.kind === "email" ? lowerAscii(trim(text)) : text;
  return key === "" ? undefined : key;
}

/** E.164 (`+380441234567`) of a valid phone number as people write it; undefined otherwise. */
export function normalisePhone(text: string, defaultCountry?: string): string | undefined {
  const number = parsePhoneNumberFromString(text, defaultCountry as CountryCode | undefined);
  return number?.isValid() ? number.number : undefined;
}

function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && whiteSpace.includes(text.charAt(start))) start++;
  while (end > start && whiteSpace.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
