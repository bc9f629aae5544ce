import type { Sql } from "postgres";
import type { KeyField } from "../config/model.ts";

/** Numbers of one evaluation of a segment. */
export interface MembershipChange {
  readonly entered: number;
  readonly left: number;
  readonly total: number;
}

/** Keys read from a connector: `key text`, and `payload bigint` where the table was made with it. */
export interface KeyTable {
  readonly name: string;
  readonly field: KeyField;
  /** SQL over `perigee.contacts` as `c` for the text that a key is compared with. */
  readonly contactKey: string;
}

/**
 * Creates the TEMP tables of one evaluation, gone with the transaction: `segment_matched`, the
 * contacts of each leaf (or the key, where it belongs to no contact), and `segment_result`.
 */
export async function createEvaluationTables(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create temp table segment_matched (leaf integer not null, contact_id bigint, key text)
      on commit drop;
    create temp table segment_result (contact_id bigint not null) on commit drop`);
}

/** Creates the TEMP table for the keys of one statement. `name` is a plain name of ours. */
export async function createKeyTable(sql: Sql, name: string, hasPayload: boolean): Promise<void> {
  await sql.unsafe(
    `create temp table ${name} (key text${hasPayload ? ", payload bigint" : ""}) on commit drop`,
  );
}

/** SQL that gives the keys of a table in the hub's form, as `keys (key, payload)`. */
function normalisedKeys({ name, field }: KeyTable, columns: string): string {
  if (field.kind === "email") return `(select lower(key) as key${columns} from ${name}) as keys`;
  if (field.kind !== "phone") return `(select key${columns} from ${name}) as keys`;
  return `(select coalesce(p.number, written.key) as key${columns}
     from (select key as key${columns} from ${name}) as written
       left join perigee.phone_numbers p on p.country = $1 and p.written = written.key) as keys`;
}

function parametersOf({ field }: KeyTable): string[] {
  return field.kind === "phone" ? [field.defaultCountry ?? ""] : [];
}

/** Finds the contacts of one leaf's keys; a key of several contacts means all of them. */
export async function matchLeaf(sql: Sql, keys: KeyTable, leaf: number): Promise<void> {
  await sql.unsafe(
    `insert into segment_matched (leaf, contact_id, key)
     select ${leaf}, c.contact_id, case when c.contact_id is null then keys.key end
     from ${normalisedKeys(keys, "")}
       left join perigee.contacts c on ${keys.contactKey} = keys.key
     where keys.key is not null`,
    parametersOf(keys),
  );
}

/** As `matchLeaf`, for keys with a number of rows that has to meet `having` over `n`. */
export async function matchCountedLeaf(
  sql: Sql,
  keys: KeyTable,
  leaf: number,
  having: string,
): Promise<void> {
  await sql.unsafe(
    `insert into segment_matched (leaf, contact_id, key)
     select ${leaf}, c.contact_id, case when c.contact_id is null then counted.key end
     from (select key, n from (
         select key, sum(payload) as n from ${normalisedKeys(keys, ", payload")}
         where key is not null group by key) as summed
       where ${having}) as counted
       left join perigee.contacts c on ${keys.contactKey} = counted.key`,
    parametersOf(keys),
  );
}

/** As `matchLeaf`, for keys whose `payload` has a bit set for each of the leaves they belong to. */
export async function matchSharedLeaves(
  sql: Sql,
  keys: KeyTable,
  leaves: readonly number[],
): Promise<void> {
  const bits = leaves.map((leaf, index) => `(${leaf}, ${1n << BigInt(index)}::bigint)`).join(", ");
  await sql.unsafe(
    `insert into segment_matched (leaf, contact_id, key)
     select bits.leaf, c.contact_id, case when c.contact_id is null then keys.key end
     from ${normalisedKeys(keys, ", payload")}
       left join perigee.contacts c on ${keys.contactKey} = keys.key
       join (values ${bits}) as bits (leaf, bit) on keys.payload & bits.bit <> 0
     where keys.key is not null`,
    parametersOf(keys),
  );
}

/** With many leaves in one table each segment is to read its own rows alone. */
export async function indexMatches(sql: Sql): Promise<void> {
  await sql.unsafe("create index on segment_matched (leaf)");
}

/** How many different keys of these leaves belong to no contact. */
export async function countUnmatched(sql: Sql, leaves: readonly number[]): Promise<number> {
  if (leaves.length === 0) return 0;
  const [row] = await sql.unsafe<{ unmatched: number }[]>(
    `select count(${leaves.length > 1 ? "distinct key" : "*"})::float8 as unmatched
     from segment_matched where leaf in (${leaves.join(", ")}) and contact_id is null`,
  );
  return row?.unmatched ?? 0;
}

/**
 * Makes the contacts that `members` (a SELECT of `contact_id`) returns the segment's, and answers
 * what changed. Contacts that stay keep their `entered_at`.
 *
 * Call it after `requireLease`. The segment's row is locked first, so a second daemon that evaluates
 * the same segment waits and then changes only what differs; members are unique by their key.
 */
export async function applyMembership(
  sql: Sql,
  segment: { readonly id: number; readonly name: string },
  evaluation: {
    readonly members: string;
    /** `members` is cheap to compute twice, and holds no contact twice often. */
    readonly isOneLeaf: boolean;
    readonly evaluatedAt: string;
    readonly unmatched: number;
  },
): Promise<MembershipChange> {
  const { evaluatedAt } = evaluation;
  await sql`
    insert into perigee.segments as known (segment_id, name, evaluated_at, total, unmatched)
    values (${segment.id}, ${segment.name}, ${evaluatedAt}, 0, ${evaluation.unmatched})
    on conflict (segment_id) do update set name = excluded.name,
      evaluated_at = excluded.evaluated_at, unmatched = excluded.unmatched`;
  let members = evaluation.members;
  if (!evaluation.isOneLeaf) {
    await sql.unsafe("truncate segment_result");
    await sql.unsafe(`insert into segment_result (contact_id) ${members}`);
    members = "select contact_id from segment_result";
  }
  const gone = await sql.unsafe(
    `delete from perigee.segment_members m where m.segment_id = $1
       and not exists (select from (${members}) as r where r.contact_id = m.contact_id)`,
    [segment.id],
  );
  const came = await sql.unsafe(
    `insert into perigee.segment_members (segment_id, contact_id, entered_at)
     select $1::integer, r.contact_id, $2::timestamptz from (${members}) as r
     where not exists (select from perigee.segment_members m
       where m.segment_id = $1::integer and m.contact_id = r.contact_id)
     on conflict (segment_id, contact_id) do nothing`,
    [segment.id, evaluatedAt],
  );
  const [row] = await sql<{ total: number }[]>`
    update perigee.segments set total = (
      select count(*) from perigee.segment_members where segment_id = ${segment.id})
    where segment_id = ${segment.id}
    returning total::float8 as total`;
  return { entered: came.count, left: gone.count, total: row?.total ?? 0 };
}

/** A contact as lists show it. */
export interface SampledContact {
  readonly contactId: string;
  readonly email: string | null;
  readonly sms: string | null;
  readonly externalCustomerId: string | null;
}

/** How many contacts `members` (a SELECT of `contact_id`) returns, and the first of them. */
export async function sampleMembers(
  sql: Sql,
  members: string,
  limit: number,
): Promise<{ total: number; contacts: SampledContact[] }> {
  await sql.unsafe("truncate segment_result");
  await sql.unsafe(`insert into segment_result (contact_id) select distinct contact_id
    from (${members}) as member`);
  const [row] = await sql<{ total: number }[]>`
    select count(*)::float8 as total from segment_result`;
  const contacts = await sql<SampledContact[]>`
    select c.contact_id::text as "contactId", c.email, c.sms,
      c.external_customer_id as "externalCustomerId"
    from segment_result r join perigee.contacts c using (contact_id)
    order by c.contact_id limit ${limit}`;
  return { total: row?.total ?? 0, contacts: contacts.map((contact) => ({ ...contact })) };
}
