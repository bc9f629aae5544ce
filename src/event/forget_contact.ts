import type { Sql } from "postgres";
import type { ImportConfig } from "../config/model.ts";
import { eraseContact, type ErasedRows } from "../hub/erase_contact.ts";

/**
 * Forgets a contact: the person's row, devices, memberships, what events, orders and the imports'
 * lists say of them, and every delivery that still holds them. `imports` are the configuration's.
 * One transaction: all or nothing. Answers what it did; zeros where nobody has this id. What a
 * webhook was sent, and what an import finds again in a customer's database, is beyond it, and so is
 * a request that is under way at this moment.
 */
export async function forgetContact(
  sql: Sql,
  contactId: string,
  imports: Iterable<ImportConfig>,
): Promise<ErasedRows> {
  const ofContacts = [...imports].filter(({ dataset }) => dataset === "contacts")
    .map(({ name }) => name);
  return await sql.begin((session) => eraseContact(session, contactId, ofContacts)) as ErasedRows;
}
