import type { Sql } from "postgres";

/** A notice that was claimed, to be sent to one webhook. */
export interface AlertNotice {
  readonly noticeId: string;
  /** Proof of the claim, and how often the notice was claimed. */
  readonly claimNo: number;
  readonly type: "alert.raised" | "alert.cleared";
  readonly subject: string;
  readonly condition: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
  readonly raisedAt: Date;
  readonly createdAt: Date;
}

/**
 * Claims the oldest notice of a webhook that is due; undefined when none is. SKIP LOCKED and `due_at`
 * give it to one of any number of daemons. A notice waits for earlier ones of the same alert, so that
 * nobody hears of a recovery before the alert.
 */
export async function claimNotice(
  sql: Sql,
  webhook: string,
  leaseMs: number,
): Promise<AlertNotice | undefined> {
  const [row] = await sql<AlertNotice[]>`
    update perigee.alert_notices notice
    set claim_no = claim_no + 1, due_at = now() + ${leaseMs}::float8 * interval '1 millisecond'
    where notice_id = (
      select notice_id from perigee.alert_notices due
      where webhook = ${webhook} and due_at <= now() and not exists (
        select from perigee.alert_notices earlier
        where earlier.webhook = due.webhook and earlier.subject = due.subject
          and earlier.condition = due.condition and earlier.notice_id < due.notice_id)
      order by notice_id limit 1
      for update skip locked)
    returning notice_id::text as "noticeId", claim_no as "claimNo", type, subject, condition, code,
      message, advice, raised_at as "raisedAt", created_at as "createdAt"`;
  return row;
}

/** The notice was taken, or is given up. Without effect when somebody claimed it since. */
export async function removeNotice(sql: Sql, notice: AlertNotice): Promise<void> {
  await sql`
    delete from perigee.alert_notices
    where notice_id = ${notice.noticeId} and claim_no = ${notice.claimNo}`;
}

/** The notice is to be sent again later. Without effect when somebody claimed it since. */
export async function postponeNotice(
  sql: Sql,
  notice: AlertNotice,
  delayMs: number,
): Promise<void> {
  await sql`
    update perigee.alert_notices set due_at = now() + ${delayMs}::float8 * interval '1 millisecond'
    where notice_id = ${notice.noticeId} and claim_no = ${notice.claimNo}`;
}

/** Deletes notices that are so old, of addresses that are not configured any more too. */
export async function pruneNotices(sql: Sql, olderThanMs: number): Promise<number> {
  const result = await sql`
    delete from perigee.alert_notices
    where created_at < now() - ${olderThanMs}::float8 * interval '1 millisecond'`;
  return result.count;
}
