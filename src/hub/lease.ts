import { PerigeeError } from "../error.ts";
import type { Sql, TransactionSql } from "postgres";

/** Proof that this daemon is the one that may run `name`; the fence grows with each holder. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: string;
}

/**
 * Claims `name` for `holder` for `durationMs` when nobody holds it or its lease has run out, by the
 * database's clock. Of two daemons exactly one gets a row back: of two inserts one finds the other's
 * row, and of two updates the later one finds that the lease has not run out any more. The insert
 * names no index, because the table has two and a row that races must be refused by neither loudly.
 */
export async function claimLease(
  sql: Sql | TransactionSql,
  name: string,
  holder: string,
  durationMs: number,
): Promise<Lease | undefined> {
  const [row] = await sql<{ fence: string }[]>`
    with wanted as (
      select ${name}::text as name, ${holder}::uuid as holder,
        now() + ${durationMs} * interval '1 millisecond' as expires_at
    ), taken_over as (
      update perigee.leases as held
      set holder = wanted.holder, fence = held.fence + 1, expires_at = wanted.expires_at
      from wanted where held.name = wanted.name and held.expires_at < now()
      returning held.fence
    ), inserted as (
      insert into perigee.leases (name, holder, expires_at)
      select name, holder, expires_at from wanted
      on conflict do nothing
      returning fence
    )
    select fence::text from taken_over union all select fence::text from inserted`;
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
