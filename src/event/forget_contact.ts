import type { Sql } from "postgres";
import { eraseContact, type ErasedRows } from "../hub/erase_contact.ts";

/**
 * Forgets a contact: the person's row, devices, memberships, what events and orders say of them, and
 * every delivery that still holds them. One transaction: all or nothing. Answers what it did; zeros
 * where nobody has this id. What a webhook was sent, and what an import finds again in a customer's
 * database, is beyond it, and so is a request that is under way at this moment.
 */
export async function forgetContact(sql: Sql, contactId: string): Promise<ErasedRows> {
  return await sql.begin((session) => eraseContact(session, contactId)) as ErasedRows;
}
