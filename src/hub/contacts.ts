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
  const rows = await sql.unsafe<{ contact: string }[]>(lookups[key.kind], parameters, {
    prepare: true,
  });
  return rows.map((row) => parseContact(row.contact));
}

/** Reads what `contactExpression` made. */
export function parseContact(text: string): ContactValues {
  return JSON.parse(text) as ContactValues;
}

/**
 * SQL over `perigee.contacts` under the name `alias` for the text of the JSON object that
 * `parseContact` reads. `alias` is a plain name of this program, never input.
 */
export function contactExpression(alias: string): string {
  const documented = requireDataset("contacts").columns.map((column) =>
    `'${column.parameter}', ${documentedValue(column, `${alias}.${column.hubColumn}`)}`
  );
  // jsonb keeps the last of equal keys, so a documented name wins over an additional field.
  return `((select coalesce(jsonb_object_agg(field.key, case jsonb_typeof(field.value)
             when 'number' then to_jsonb(field.value #>> '{}') else field.value end), '{}')
           from jsonb_each(${alias}.fields) as field)
         || jsonb_build_object(${documented.join(", ")}))::text`;
}

function documentedValue(column: DatasetColumn, name: string): string {
  if (column.hubType === "text") return name;
  if (column.hubType !== "timestamptz") return `${name}::text`;
  return `regexp_replace(to_char(${name} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    '\\.?0*Z$', 'Z')`;
}

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
    `select ${contactExpression("contact")} as contact
     from perigee.contacts as contact where ${condition} order by contact.contact_id limit 2`,
  ]),
) as Readonly<Record<ContactKey["kind"], string>>;
