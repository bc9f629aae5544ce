import type { Sql } from "postgres";
import {
  contactColumns,
  type ContactValues,
  parseContact,
  type StoredContact,
} from "./contacts.ts";

/** Whether the segment was evaluated at least once, so that its members mean something. */
export async function isSegmentEvaluated(sql: Sql, segmentId: number): Promise<boolean> {
  const rows = await sql`select 1 from perigee.segments where segment_id = ${segmentId}`;
  return rows.length === 1;
}

const pageQuery = `
  select ${contactColumns("contact")}
  from perigee.segment_members as member
  join perigee.contacts as contact using (contact_id)
  where member.segment_id = $1 and member.contact_id > $2::text::bigint
  order by member.contact_id limit $3`;

/**
 * The next `limit` members after `afterContactId` ("0" begins), in the order of their ids. Each page
 * is a read of its own that locks nothing: who enters or leaves the segment between two pages may
 * or may not be seen, but nobody is seen twice.
 */
export async function findMembers(
  sql: Sql,
  segmentId: number,
  afterContactId: string,
  limit: number,
): Promise<ContactValues[]> {
  const rows = await sql.unsafe<StoredContact[]>(
    pageQuery,
    [segmentId, afterContactId, limit],
    { prepare: true },
  );
  return rows.map(parseContact);
}
