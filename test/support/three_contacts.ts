import { openTestHub, type Scope, type TestDatabase } from "./database.ts";

/** A hub with the contacts 1, 2 and 3. */
export async function openThreeContacts(scope: Scope): Promise<TestDatabase> {
  const hub = await openTestHub(scope);
  await hub.sql.unsafe(`insert into perigee.contacts (contact_id, email)
    select n, 'c' || n || '@example.com' from generate_series(1, 3) as n`);
  return hub;
}
