import type { Sql } from "postgres";
import { requireDataset } from "../dataset/datasets.ts";
import type { DatasetColumn } from "../dataset/datasets.ts";

/** What identifies a contact. Values are as the hub stores them (normalised by the caller). */
export type ContactKey =
  | { readonly kind: "contactId"; readonly value: string }
  | { readonly kind: "email"; readonly value: string }
  | { readonly kind: "phone"; readonly value: string }
  | { readonly kind: "externalCustomerId"; readonly value: string }
  | { readonly kind: "field"; readonly name: string; readonly value: string };

/**
 * A contact as templates see it: the documented parameters and the additional fields by name, where
 * a documented name wins. Numbers are decimal texts, times are ISO 8601 in UTC, null is null.
 */
export type ContactValues = Readonly<Record<string, unknown>>;

/**
 * The contacts under a key: none, one, or two where there are more than one (phone numbers and
 * additional fields need not be unique). One prepared read; locks nothing. Values of an additional
 * field are compared as text. A contactId that is no bigint belongs to nobody.
 */
export async function findContacts(sql: Sql, key: ContactKey): Promise<ContactValues[]> {
  if (key.kind === "contactId" && !isBigint(key.value)) return [];
  const parameters = key.kind === "field" ? [key.value, key.name] : [key.value];
  const rows = await sql.unsafe<StoredContact[]>(lookups[key.kind], parameters, {
    prepare: true,
  });
  return rows.map(parseContact);
}

/** A contact as `contactColumns` reads it: two JSON objects as text. */
export interface StoredContact {
  readonly documented: string;
  readonly fields: string;
}

/**
 * SQL over `perigee.contacts` under the name `alias` for the columns that `parseContact` reads.
 * `alias` is a plain name of this program, never input. One conversion of a whole row, since this is
 * read for every member of a segment: building the object by key takes five times as long.
 */
export function contactColumns(alias: string): string {
  const columns = contactDataset.columns.map((column) =>
    `${readColumn(column, `${alias}.${column.hubColumn}`)} as "${column.parameter}"`
  );
  return `(select to_json(written)::text from (select ${columns.join(", ")}) as written)
            as documented, ${alias}.fields::text as fields`;
}

function readColumn(column: DatasetColumn, name: string): string {
  if (column.hubType === "text") return name;
  return column.hubType === "timestamptz" ? `${name} at time zone 'UTC'` : `${name}::text`;
}

/**
 * Makes a contact of what was read. Both texts are parsed as one object, in which the later of equal
 * names wins: that is half the work of parsing each and copying. Pure.
 */
export function parseContact(stored: StoredContact): ContactValues {
  const contact = JSON.parse(joinObjects(stored.fields, stored.documented)) as StoredValues;
  for (const parameter of momentParameters) {
    const moment = contact[parameter];
    // Infinite moments and those before year 1 stay as Postgres spells them.
    if (typeof moment === "string" && /^\d.*\d$/.test(moment)) contact[parameter] = `${moment}Z`;
  }
  for (const name in contact) {
    if (typeof contact[name] !== "number") continue;
    return parseContact({ ...stored, fields: quoteNumbers(stored.fields) });
  }
  return contact;
}

type StoredValues = Record<string, unknown>;

function joinObjects(one: string, other: string): string {
  return one === "{}" ? other : `${one.slice(0, -1)},${other.slice(1)}`;
}

const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\]]|-?\d[\d.]*/g;

/** jsonb text with the numbers right below the top as decimal text, with every digit. */
function quoteNumbers(text: string): string {
  let depth = 0;
  return text.replace(jsonToken, (token) => {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token[0] !== '"' && depth === 1) return `"${token}"`;
    return token;
  });
}

const contactDataset = requireDataset("contacts");
const momentParameters = contactDataset.columns.filter(({ hubType }) => hubType === "timestamptz")
  .map(({ parameter }) => parameter);

/** At most 19 digits fit a bigint; the last of them may still not, which Postgres would refuse. */
function isBigint(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n;
}

const conditions: Readonly<Record<ContactKey["kind"], string>> = {
  contactId: "contact.contact_id = $1::text::bigint",
  email: "lower(contact.email) = lower($1::text)",
  phone: "contact.sms = $1::text",
  externalCustomerId: "contact.external_customer_id = $1::text",
  field: "contact.fields ->> $2::text = $1::text",
};

const lookups = Object.fromEntries(
  Object.entries(conditions).map(([kind, condition]) => [
    kind,
    `select ${contactColumns("contact")}
     from perigee.contacts as contact where ${condition} order by contact.contact_id limit 2`,
  ]),
) as Readonly<Record<ContactKey["kind"], string>>;
