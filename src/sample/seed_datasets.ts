import type { Sql, TransactionSql } from "postgres";
import { type DatasetName, datasets } from "../dataset/datasets.ts";
import { personStatements } from "./dataset_rows.ts";
import { insertCampaigns } from "./seed_hub.ts";

/** How far `seedDatasets` has come. */
export interface SeedProgress {
  readonly contacts: number;
  readonly ofContacts: number;
}

/**
 * Contacts in one transaction. Fewer make more commits and report more often; ten times as many hold
 * the snapshots of everybody else back for a minute and can lose that much work.
 */
const chunk = 50_000;

/**
 * Adds `contacts` invented contacts to the hub with everything that belongs to them, and answers how
 * many rows each dataset got. Numbers go on where the hub's contacts end, so it can be called again.
 * For an empty hub the same seed gives the same rows, save for dates, which count back from `now`.
 *
 * The rows are made by the hub itself, a chunk in each transaction: what was reported through
 * `onProgress` stays when the rest fails, and the signal stops it between two chunks. Safe beside
 * other writers: numbers come from the sequence of contacts, and chunks exclude one another.
 */
export async function seedDatasets(
  sql: Sql,
  options: {
    contacts: number;
    seed: number;
    now: Date;
    onProgress?: (progress: SeedProgress) => void;
    signal?: AbortSignal;
  },
): Promise<Record<DatasetName, number>> {
  const counts = Object.fromEntries([...datasets.keys()].map((name) => [name, 0])) as Record<
    DatasetName,
    number
  >;
  const moment = options.now.toISOString();
  for (let done = 0; done < options.contacts; done += chunk) {
    options.signal?.throwIfAborted();
    const wanted = Math.min(chunk, options.contacts - done);
    const added = await sql.begin((tx) => insertChunk(tx, wanted, options.seed, moment));
    for (const [dataset, rows] of added) counts[dataset] += rows;
    options.onProgress?.({ contacts: done + wanted, ofContacts: options.contacts });
  }
  return counts;
}

/** Any number that nothing else in the hub locks. */
const seedLock = 8_101_192;

async function insertChunk(
  tx: TransactionSql,
  wanted: number,
  seed: number,
  moment: string,
): Promise<[DatasetName, number][]> {
  await tx`set local statement_timeout = 0`;
  await tx`select pg_advisory_xact_lock(${seedLock})`;
  const campaigns = await insertCampaigns(tx, moment);
  const from = await insertContacts(tx, wanted, seed, moment);
  const people = `(select contact_id as n, contact_id, external_customer_id, email, first_name,
    last_name, sms, language_code from perigee.contacts
    where contact_id >= ${from} and external_customer_id like 'seed-%')`;
  const added: [DatasetName, number][] = [
    ["contacts", wanted],
    ["messages", campaigns.messages],
    ["broadcasts", campaigns.broadcasts],
  ];
  const statements = personStatements({ people, prefix: "SEED-", seed, moment });
  for (const { dataset, sql, values } of statements) {
    const result = await tx.unsafe(sql, [...values]);
    added.push([dataset, result.count]);
  }
  return added;
}

/** Answers the smallest id of the contacts that it adds. */
async function insertContacts(
  tx: TransactionSql,
  wanted: number,
  seed: number,
  moment: string,
): Promise<bigint> {
  const [added] = await tx<{ first: string }[]>`
    with added as (
      insert into perigee.contacts (contact_id, external_customer_id, email, email_domain,
        email_status, sms, first_name, last_name, language_code, contact_source, created_date,
        last_sent_date, last_received_date, total_sent, total_received, fields)
      select n, 'seed-' || n, lower(first_name || '.' || last_name) || '.' || n || '@example.com',
        'example.com', 'VALID', '+1' || (200 + h % 700) || '55501' || lpad((h % 100)::text, 2, '0'),
        first_name, last_name, (array['uk', 'en', 'pl', 'de'])[1 + h % 4],
        (array['IMPORT', 'SUBSCRIPTION', 'ORDER'])[1 + h % 3],
        ${moment}::timestamptz - h % 20000 * interval '1 hour',
        ${moment}::timestamptz - h % 700 * interval '1 hour',
        ${moment}::timestamptz - h % 700 * interval '59 minutes', h % 40, h % 40,
        jsonb_build_object('birthday', date '1955-01-01' + (h % 18000)::integer)
      from (
        select n, h,
          (array['Olena', 'Taras', 'Iryna', 'Bohdan', 'Anna', 'Piotr', 'Emma', 'Liam', 'Grace',
            'Felix'])[1 + h % 10] as first_name,
          (array['Lysenko', 'Moroz', 'Kravets', 'Honchar', 'Nowak', 'Baker', 'Marsh', 'Becker',
            'Vogel'])[1 + h / 10 % 9] as last_name
        from (
          select n, (n + ${String(seed)}::bigint) * 2654435761 % 2147483647 as h
          from (
            select nextval(pg_get_serial_sequence('perigee.contacts', 'contact_id')) as n
            from generate_series(1, ${wanted}::integer)
          ) as drawn
        ) as hashed
      ) as person
      returning contact_id
    )
    select min(contact_id)::text as first from added`;
  return BigInt(added?.first ?? 0);
}
