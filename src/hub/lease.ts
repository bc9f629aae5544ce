import { PerigeeError } from "../error.ts";
import type { Sql, TransactionSql } from "postgres";

/** Proof that this daemon is the one that may run `name`; the fence grows with each holder. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: string;
}

/**
 * Claims `name` for `holder` for `durationMs` when nobody holds it or its lease has run out.
 * One conditional upsert by the database's clock: of two daemons exactly one gets a row back.
 */
export async function claimLease(
  sql: Sql | TransactionSql,
  name: string,
  holder: string,
  durationMs: number,
): Promise<Lease | undefined> {
  const [row] = await sql<{ fence: string }[]>`
    insert into perigee.leases as held (name, holder, expires_at)
    values (${name}, ${holder}, now() + ${durationMs} * interval '1 millisecond')
    on conflict (name) do update
      set holder = excluded.holder, fence = held.fence + 1, expires_at = excluded.expires_at
      where held.expires_at < now()
    returning fence::text`;
  return row === undefined ? undefined : { name, holder, fence: row.fence };
}

/** Extends a lease that is still ours; answers whether it was. */
export async function renewLease(sql: Sql, lease: Lease, durationMs: number): Promise<boolean> {
  const rows = await sql`
    update perigee.leases
    set expires_at = now() + ${durationMs} * interval '1 millisecond'
    where name = ${lease.name} and holder = ${lease.holder} and fence = ${lease.fence}
    returning name`;
  return rows.length === 1;
}

/** Gives a lease back; without effect when it is no longer ours. */
export async function releaseLease(sql: Sql | TransactionSql, lease: Lease): Promise<void> {
  await sql`
    update perigee.leases set expires_at = '-infinity'
    where name = ${lease.name} and holder = ${lease.holder} and fence = ${lease.fence}`;
}

/**
 * Call first in every hub transaction that writes on behalf of a run: it locks the lease's row (key
 * share) until the transaction ends and throws PG410 when the lease is no longer ours. So a daemon
 * that was paused cannot write after another one took over, and nobody can take over between the
 * check and the commit. Renewing the lease meanwhile does not wait for that transaction.
 */
export async function requireLease(sql: TransactionSql, lease: Lease): Promise<void> {
  const rows = await sql`
    select name from perigee.leases
    where name = ${lease.name} and holder = ${lease.holder} and fence = ${lease.fence}
    for key share`;
  if (rows.length === 1) return;
  throw new PerigeeError(`the run of ${lease.name} was taken over by another daemon`, {
    kind: "conflict",
    code: "PG410",
    advice:
      "Nothing to do: the other daemon finishes the work. Look for pauses of this machine if it repeats.",
  });
}
