import type { Sql } from "postgres";
import type { KeyField } from "../config/model.ts";

/** Keys read from a connector: `key text`, and `payload bigint` where the table was made with it. */
export interface KeyTable {
  readonly name: string;
  readonly field: KeyField;
  /** SQL over `perigee.contacts` as `c` for the text that a key is compared with. */
  readonly contactKey: string;
  /** The table has few keys, measured by the hub's contacts. */
  readonly hasFew: boolean;
}

/**
 * Are so many keys few for the contacts that there are? Looking up an eighth of a million contacts
 * one by one takes as long as reading all of them; the planner, which expects each look-up to wait
 * for a disk, would read all for a fiftieth.
 */
export async function areFewKeys(sql: Sql, keys: number): Promise<boolean> {
  const [row] = await sql<{ contacts: number }[]>`
    select reltuples::float8 as contacts from pg_catalog.pg_class
    where oid = 'perigee.contacts'::regclass`;
  return keys * 8 < (row?.contacts ?? 0);
}

/** The contacts of `keys.key`, or a null, as the FROM item `c`; `source` has one row for each key. */
function withContacts({ contactKey, field, hasFew }: KeyTable, source: string): string {
  // Additional fields have no index, so that each look-up would read all contacts.
  if (!hasFew || field.kind === "field") {
    return `${source} left join perigee.contacts c on ${contactKey} = keys.key`;
  }
  // `offset 0` keeps Postgres from joining in another way than by one look-up a key.
  return `${source} left join lateral (
       select c.contact_id from perigee.contacts c where ${contactKey} = keys.key offset 0) c on true`;
}

/**
 * Creates the TEMP tables of one evaluation, gone with the transaction: `segment_matched`, the
 * contacts of each leaf (or the key, where it belongs to no contact), and `segment_result`.
 */
export async function createEvaluationTables(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create temp table segment_matched (leaf integer not null, contact_id bigint, key text)
      on commit drop;
    create temp table segment_result (segment_id integer, contact_id bigint) on commit drop`);
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
     from ${withContacts(keys, normalisedKeys(keys, ""))}
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

/**
 * As `matchLeaf`, for keys whose `payload` has a bit set for each of the leaves they belong to. What
 * the bits mean is worked out once for each payload that occurs, not for each key.
 */
export async function matchSharedLeaves(
  sql: Sql,
  keys: KeyTable,
  leaves: readonly number[],
): Promise<void> {
  const bits = leaves.map((leaf, index) => `(${leaf}, ${1n << BigInt(index)}::bigint)`).join(", ");
  await sql.unsafe(
    `with meanings as materialized (
       select found.payload, bits.leaf from (select distinct payload from ${keys.name}) as found
         join (values ${bits}) as bits (leaf, bit) on found.payload & bits.bit <> 0)
     insert into segment_matched (leaf, contact_id, key)
     select meanings.leaf, c.contact_id, case when c.contact_id is null then keys.key end
     from ${withContacts(keys, normalisedKeys(keys, ", payload"))}
       join meanings on meanings.payload = keys.payload
     where keys.key is not null`,
    parametersOf(keys),
  );
}

/** With many leaves in one table each segment is to read its own rows alone. */
export async function indexMatches(sql: Sql): Promise<void> {
  await sql.unsafe("create index on segment_matched (leaf)");
}

/**
 * How many different keys of each group of leaves belong to no contact, in order. One statement for
 * all groups; a key that several leaves of a group have counts once. `areDistinct`: there is one
 * leaf, whose statement returns no key twice.
 */
export async function countUnmatched(
  sql: Sql,
  groups: readonly (readonly number[])[],
  areDistinct: boolean,
): Promise<number[]> {
  const pairs = groups.flatMap((leaves, group) => leaves.map((leaf) => `(${group}, ${leaf})`));
  if (pairs.length === 0) return groups.map(() => 0);
  const rows = await sql.unsafe<{ group: number; unmatched: number }[]>(
    `select pair.place as group, count(${areDistinct ? "*" : "distinct m.key"})::float8 as unmatched
     from segment_matched m join (values ${pairs.join(", ")}) as pair (place, leaf)
       on pair.leaf = m.leaf
     where m.contact_id is null group by pair.place`,
  );
  const found = new Map(rows.map(({ group, unmatched }) => [group, unmatched]));
  return groups.map((_leaves, group) => found.get(group) ?? 0);
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
