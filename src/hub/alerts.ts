import type { Sql, TransactionSql } from "postgres";

/** Something that may be wrong: `export/shop` is `stale`. */
export interface AlertKey {
  readonly subject: string;
  readonly condition: string;
}

/** Something that is wrong, and what to do about it. */
export interface Trouble extends AlertKey {
  readonly code: string;
  readonly message: string;
  readonly advice: string | undefined;
}

/** What one daemon sees. */
export interface AlertReport {
  readonly daemonId: string;
  readonly troubles: readonly Trouble[];
  /** What it cannot judge now, such as a run that is being tried again: an alert stays as it is. */
  readonly unknown: readonly AlertKey[];
  /** How long the report counts unless it is renewed, ms. */
  readonly lifeMs: number;
  /** Digests of the addresses that are told of changes. */
  readonly webhooks: readonly string[];
}

/** What changed with a report. */
export interface AlertChanges {
  readonly raised: readonly AlertKey[];
  readonly cleared: readonly AlertKey[];
}

/** Constant of the lock under which daemons take turns; any number, but one for all. */
const alertLock = 8_101_195;

/**
 * Takes in what a daemon sees, raises and clears alerts, and queues a notice for each change and
 * webhook, all in one short transaction. Daemons take turns by a transaction-level advisory lock;
 * each change is answered to one of them.
 */
export async function settleAlerts(sql: Sql, report: AlertReport): Promise<AlertChanges> {
  return await sql.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(${alertLock})`;
    await saveReport(transaction, report);
    const raised = await raiseAlerts(transaction, report);
    const cleared = await clearAlerts(transaction, report);
    return { raised, cleared };
  });
}

async function saveReport(sql: TransactionSql, report: AlertReport): Promise<void> {
  const { daemonId, troubles, lifeMs } = report;
  const given = JSON.stringify(troubles);
  await sql`
    delete from perigee.alert_reports
    where daemon_id = ${daemonId} or expires_at < now()`;
  await sql`
    insert into perigee.alert_reports (subject, condition, daemon_id, expires_at)
    select subject, condition, ${daemonId}, now() + ${lifeMs}::float8 * interval '1 millisecond'
    from json_to_recordset(${given}::text::json) as given (subject text, condition text)`;
}

async function raiseAlerts(sql: TransactionSql, report: AlertReport): Promise<AlertKey[]> {
  const rows = await sql<AlertKey[]>`
    with raised as (
      insert into perigee.alerts (subject, condition, code, message, advice)
      select subject, condition, code, message, advice
      from json_to_recordset(${JSON.stringify(report.troubles)}::text::json) as given (
        subject text, condition text, code text, message text, advice text)
      on conflict (subject, condition) do nothing
      returning subject, condition, code, message, advice, raised_at
    ), queued as (
      insert into perigee.alert_notices
        (webhook, type, subject, condition, code, message, advice, raised_at)
      select webhook, 'alert.raised', subject, condition, code, message, advice, raised_at
      from raised
      cross join json_array_elements_text(${JSON.stringify(report.webhooks)}::text::json)
        as told (webhook)
    )
    select subject, condition from raised order by subject, condition`;
  return [...rows];
}

async function clearAlerts(sql: TransactionSql, report: AlertReport): Promise<AlertKey[]> {
  const rows = await sql<AlertKey[]>`
    with cleared as (
      delete from perigee.alerts alert
      where not exists (
          select from perigee.alert_reports report
          where report.subject = alert.subject and report.condition = alert.condition)
        and not exists (
          select from json_to_recordset(${JSON.stringify(report.unknown)}::text::json) as kept (
            subject text, condition text)
          where kept.subject = alert.subject and kept.condition = alert.condition)
      returning subject, condition, code, message, advice, raised_at
    ), queued as (
      insert into perigee.alert_notices
        (webhook, type, subject, condition, code, message, advice, raised_at)
      select webhook, 'alert.cleared', subject, condition, code, message, advice, raised_at
      from cleared
      cross join json_array_elements_text(${JSON.stringify(report.webhooks)}::text::json)
        as told (webhook)
    )
    select subject, condition from cleared order by subject, condition`;
  return [...rows];
}

/**
 * Deletes what is left of alerts that nobody looks after any more: no daemon that has alerts reported
 * them for a day, because `alerts` was taken out of the configuration. Answers how many. Safe beside
 * daemons: one that still reports would have renewed its reports or cleared the alert.
 */
export async function pruneAlerts(sql: Sql): Promise<number> {
  const [row] = await sql<{ deleted: number }[]>`
    with forgotten as (
      delete from perigee.alerts alert
      where raised_at < now() - interval '1 day' and not exists (
        select from perigee.alert_reports report
        where report.subject = alert.subject and report.condition = alert.condition
          and report.expires_at > now() - interval '1 day')
      returning subject, condition
    ), reports as (
      delete from perigee.alert_reports where expires_at < now() - interval '1 day'
    )
    select count(*)::int as deleted from forgotten`;
  return row?.deleted ?? 0;
}
