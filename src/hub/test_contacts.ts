import type { Sql } from "postgres";
import { requireDataset } from "../dataset/datasets.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";

/**
 * Replaces all contacts of a throwaway hub by these, given by documented parameter; other names are
 * additional fields. For tests of configurations only.
 */
export async function replaceContacts(
  sql: Sql,
  contacts: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const { columns } = requireDataset("contacts");
  await sql.begin(async (tx) => {
    await tx`delete from perigee.contacts`;
    for (const contact of contacts) {
      const own = columns.filter(({ parameter }) => parameter in contact);
      const fields = Object.entries(contact)
        .filter(([name]) => !columns.some(({ parameter }) => parameter === name));
      const row = {
        ...Object.fromEntries(
          own.map(({ parameter, hubColumn }) => [hubColumn, contact[parameter]]),
        ),
        fields: Object.fromEntries(fields),
      };
      const names = Object.keys(row).map(quoteIdentifier).join(", ");
      await tx.unsafe(
        `insert into perigee.contacts (${names}) select ${names}
         from jsonb_populate_record(null::perigee.contacts, $1::text::jsonb)`,
        [JSON.stringify(row)],
      );
    }
  });
}

/** The keys of contacts; those without one are left out. `contactKey` is SQL over `c`. */
export async function sampleKeys(
  sql: Sql,
  contactIds: readonly string[],
  contactKey: string,
): Promise<string[]> {
  const rows = await sql.unsafe<{ key: string | null }[]>(
    `select ${contactKey} as key from perigee.contacts c
     where c.contact_id in (select value::bigint from json_array_elements_text($1::text::json))`,
    [JSON.stringify(contactIds)],
  );
  return rows.flatMap(({ key }) => key === null ? [] : [key]);
}
