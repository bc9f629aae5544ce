import type { Sql } from "postgres";
import { quoteIdentifier } from "../postgres/identifier.ts";

/** Addresses that nobody can have: by form only, so that no deliverable one is refused. */
function isBadEmail(column: string): string {
  const part = `[^][@[:space:]<>(),;:"\\\\]+`;
  return `(${column} !~ '^${part}@${part}\\.[^][@[:space:]<>(),;:"\\\\.]+$'
    or ${column} like '.%' or ${column} like '%..%' or ${column} like '%.@%'
    or ${column} like '%@.%' or length(${column}) > 254)`;
}

/** Rows and values that `import_staging` has, and which columns name a row in the list of rejects. */
export interface CheckedStaging {
  /** `key` or `source_key`. */
  readonly rejectKey: string;
  /** Columns of `import_staging` that make a row's identity; nulls are no identity. */
  readonly identity: readonly string[];
  /** Columns by which rows of the same identity are ranked, the greatest wins. */
  readonly rank: readonly string[];
}

/** Moves rows that have no identity out of `import_staging`; answers how many. */
export async function rejectKeyless(sql: Sql, staging: CheckedStaging): Promise<number> {
  const missing = staging.identity.map((column) => `${quoteIdentifier(column)} is null`).join(
    " or ",
  );
  return await rejectRows(
    sql,
    `select ctid from import_staging where ${missing}`,
    "null",
    "no_key",
  );
}

/** Moves rows whose key is no email address out of `import_staging`; answers how many. */
export async function rejectBadEmailKeys(sql: Sql): Promise<number> {
  const bad = `select ctid from import_staging where ${isBadEmail("key")}`;
  return await rejectRows(sql, bad, "key", "invalid_email");
}

/**
 * Puts E.164 for the numbers of a column, as `perigee.phone_numbers` has them. Rows whose key is no
 * number leave `import_staging`; other invalid numbers are left out by themselves.
 */
export async function resolvePhones(
  sql: Sql,
  staging: CheckedStaging,
  column: "key" | "sms",
  country: string | undefined,
): Promise<number> {
  const place = country ?? "";
  await sql.unsafe(
    `insert into import_rejected (key, field, reason)
     select s.${staging.rejectKey}, $2, 'invalid_phone' from import_staging s
       join perigee.phone_numbers p on p.country = $1 and p.written = s.${column}
     where p.number is null`,
    [place, column === "key" ? "" : column],
  );
  await sql.unsafe(
    `update import_staging s set ${column} = p.number from perigee.phone_numbers p
     where p.country = $1 and p.written = s.${column} and p.number is distinct from s.${column}`,
    [place],
  );
  if (column === "sms") return 0;
  const gone = await sql.unsafe("delete from import_staging where key is null");
  return gone.count;
}

/** Puts E.164 for the keys of other datasets' rows; what is no number stays as it is written. */
export async function normalisePhones(sql: Sql, country: string | undefined): Promise<void> {
  await sql.unsafe(
    `update import_staging s set key = p.number from perigee.phone_numbers p
     where p.country = $1 and p.written = s.key and p.number <> s.key`,
    [country ?? ""],
  );
}

/** Leaves out addresses that are no key and that nobody can have; their rows stay. */
export async function dropBadEmails(sql: Sql, staging: CheckedStaging): Promise<void> {
  await sql.unsafe(
    `with bad as (
       update import_staging s set email = null where ${isBadEmail("s.email")}
       returning s.${staging.rejectKey} as key)
     insert into import_rejected (key, field, reason) select key, 'email', 'invalid_email' from bad`,
  );
}

/** Leaves out values that the hub's table requires to be JSON arrays and that are none. */
export async function dropOddParams(sql: Sql, staging: CheckedStaging): Promise<void> {
  await sql.unsafe(
    `with bad as (
       update import_staging s set params_json = null where jsonb_typeof(s.params_json) <> 'array'
       returning s.${staging.rejectKey} as key)
     insert into import_rejected (key, field, reason)
     select key, 'paramsJson', 'invalid_value' from bad`,
  );
}

/** Moves rows without a value that the dataset requires out of `import_staging`; answers how many. */
export async function rejectWithout(
  sql: Sql,
  staging: CheckedStaging,
  column: string,
): Promise<number> {
  const bad = `select ctid from import_staging where ${quoteIdentifier(column)} is null`;
  return await rejectRows(sql, bad, staging.rejectKey, "invalid_value");
}

/**
 * Of several rows with one identity keeps the one with the greatest rank and moves the others out;
 * answers how many. `among` narrows it to identities that some FROM and WHERE over `s` finds.
 */
export async function rejectDuplicates(
  sql: Sql,
  staging: CheckedStaging,
  among: string | undefined,
): Promise<number> {
  const identity = staging.identity.map((column) => `s.${quoteIdentifier(column)}`).join(", ");
  const ranks = [...staging.rank.map((column) => `s.${column} desc nulls last`), "s::text desc"];
  const scope = among === undefined ? "from import_staging s" : `from import_staging s ${among}`;
  const losers = `
    select place from (
      select s.ctid as place,
        row_number() over (partition by ${identity} order by ${ranks.join(", ")}) as number
      from import_staging s
      where (${identity}) in (select ${identity} ${scope} group by ${identity} having count(*) > 1)
    ) as ranked where number > 1`;
  return await rejectRows(sql, losers, staging.rejectKey, "duplicate");
}

/** Moves rows whose key belongs to several contacts out of `import_staging`; answers how many. */
export async function rejectAmbiguous(
  sql: Sql,
  staging: CheckedStaging,
  contactKey: string,
): Promise<number> {
  const several = `
    select s.ctid from import_staging s where s.key in (
      select s.key from import_staging s join perigee.contacts c on ${contactKey} = s.key
      group by s.key having count(*) > 1)`;
  return await rejectRows(sql, several, staging.rejectKey, "ambiguous");
}

/**
 * Leaves out a value that another contact has, or that an earlier row gives to another contact, in
 * a column that is unique; the contact keeps what it has. The rows stay.
 */
export async function dropTaken(
  sql: Sql,
  staging: CheckedStaging,
  contactKey: string,
  unique: { readonly parameter: string; readonly column: string; readonly hubSql: string },
): Promise<void> {
  const column = quoteIdentifier(unique.column);
  await sql.unsafe(
    `with numbered as (
       select s.ctid as place, s.key as contact_key, s.${staging.rejectKey} as key,
         s.${column} as value, row_number() over (partition by s.${column} order by s.key) as number
       from import_staging s where s.${column} is not null),
     taken as (
       select s.place, s.key, own.value from numbered as s
         left join lateral (select c.contact_id, c.${column} as value from perigee.contacts c
           where ${contactKey} = s.contact_key) as own on true
       where own.value is distinct from s.value and (s.number > 1 or exists (
         select from perigee.contacts c
         where ${unique.hubSql} = s.value and c.contact_id is distinct from own.contact_id))),
     emptied as (
       update import_staging s set ${column} = taken.value from taken where s.ctid = taken.place)
     insert into import_rejected (key, field, reason) select key, $1, 'taken' from taken`,
    [unique.parameter],
  );
}

async function rejectRows(
  sql: Sql,
  places: string,
  key: string,
  reason: string,
): Promise<number> {
  const [row] = await sql.unsafe<{ gone: number }[]>(
    `with gone as (
       delete from import_staging where ctid = any(array(${places})) returning ${key}::text as key),
     listed as (
       insert into import_rejected (key, reason, rows)
       select key, $1, count(*) from gone group by key)
     select count(*)::float8 as gone from gone`,
    [reason],
  );
  return row?.gone ?? 0;
}
