import type { Sql } from "postgres";
import type { KeyField } from "../config/model.ts";

/** Is the contact among those that `members` (a SELECT of `contact_id`) returns? */
export async function holdsInHub(
  sql: Sql,
  members: string,
  contactId: string,
): Promise<boolean> {
  const rows = await sql.unsafe(
    `select from (${members}) as member where member.contact_id = $1::text::bigint limit 1`,
    [contactId],
  );
  return rows.length > 0;
}

/**
 * The texts by which a source may know the contact: its key, and for phone numbers every spelling
 * that was met so far. `contactKey` is SQL over `perigee.contacts` as `c`.
 */
export async function findContactKeys(
  sql: Sql,
  contactId: string,
  contactKey: string,
  field: KeyField,
): Promise<string[]> {
  const rows = await sql.unsafe<{ key: string | null }[]>(
    `select ${contactKey} as key from perigee.contacts c where c.contact_id = $1::text::bigint`,
    [contactId],
  );
  const keys = rows.flatMap(({ key }) => key === null ? [] : [key]);
  if (field.kind !== "phone" || keys.length === 0) return keys;
  const spellings = await sql<{ written: string }[]>`
    select written from perigee.phone_numbers
    where country = ${field.defaultCountry ?? ""} and number in ${sql(keys)}`;
  return [...keys, ...spellings.map(({ written }) => written)];
}
