import type { Sql } from "postgres";
import { dueContacts, type TickPlan, type TickRules, type TriggerTick } from "./trigger_ticks.ts";

/** A contact that is due, as previews show it. */
export interface DueContact {
  readonly contactId: string;
  readonly email: string | null;
  /** The contact's key for each expression asked for; null where it has none. */
  readonly keys: readonly (string | null)[];
}

/** How many contacts a tick would be about. Changes nothing. */
export async function countDue(
  sql: Sql,
  tick: TriggerTick,
  rules: TickRules,
): Promise<TickPlan> {
  const [counts] = await sql<TickPlan[]>`
    select (select count(*)::int from (${dueContacts(sql, tick, rules)}) due) as due,
      (select count(*)::int from perigee.segment_members where segment_id = ${rules.segmentId})
        as members`;
  if (counts === undefined) throw new Error("a select without from has one row");
  return counts;
}

/**
 * The first contacts that a tick would be about, with the SQL `keyExpressions` over
 * `perigee.contacts` under the name `c`. Changes nothing.
 */
export async function findDueContacts(
  sql: Sql,
  tick: TriggerTick,
  rules: TickRules,
  keyExpressions: readonly string[],
  limit: number,
): Promise<DueContact[]> {
  const keys = `json_build_array(${keyExpressions.join(", ")})`;
  return [
    ...await sql<DueContact[]>`
      select c.contact_id::text as "contactId", c.email, ${sql.unsafe(keys)} as keys
      from (${dueContacts(sql, tick, rules)}) due
      join perigee.contacts c on c.contact_id = due.contact_id
      order by c.contact_id limit ${limit}`,
  ];
}
