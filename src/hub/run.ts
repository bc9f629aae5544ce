import type { Sql, TransactionSql } from "postgres";
import type { Clock } from "../clock.ts";
import type { PerigeeError } from "../error.ts";
import type { Counts, Observe } from "../observe/observation.ts";
import type { Lease } from "./lease.ts";

/** Why a run started. */
export type RunCause = "schedule" | "notify" | "command" | "start" | "catch_up";

/** What a part is given when it runs; every hub write of the run goes through `requireLease`. */
export interface RunContext {
  readonly runId: string;
  /** `export/shop`: kind and name as in the configuration. */
  readonly name: string;
  /** The tick that this run stands for; for runs by hand or by NOTIFY the moment they were asked for. */
  readonly scheduledAt: Date;
  readonly cause: RunCause;
  readonly lease: Lease;
  /** Aborts at shutdown and when the lease is lost; the run then rolls back what is open. */
  readonly signal: AbortSignal;
  readonly observe: Observe;
  readonly clock: Clock;
}

/** A tick that is to be run. */
export interface Tick {
  readonly name: string;
  readonly scheduledAt: Date;
  readonly cause: RunCause;
}

/** The claim on a tick: the run's id and how often the tick was tried, this time included. */
export interface ClaimedRun {
  readonly runId: string;
  readonly attempts: number;
}

/**
 * Claims a tick by inserting its run. Undefined when it was claimed before: (name, scheduled_at) is
 * unique, so of any number of daemons one wins. A retry claims a tick that did not succeed; it must
 * hold the lease of the name, because only then is a row that says `running` a dead one. Undefined
 * too on a hub with a migration that is not among `knownMigrations`, where those are given: a tick is
 * for a daemon that knows the schema.
 */
export async function claimRun(
  sql: Sql | TransactionSql,
  tick: Tick & {
    readonly daemonId: string;
    readonly isRetry: boolean;
    readonly knownMigrations?: readonly number[] | undefined;
  },
): Promise<ClaimedRun | undefined> {
  const known = tick.knownMigrations?.join(",") ?? null;
  const [row] = await sql<{ runId: string; attempts: number }[]>`
    insert into perigee.runs as run (name, scheduled_at, cause, daemon_id)
    select ${tick.name}::text, ${tick.scheduledAt.toISOString()}::timestamptz, ${tick.cause}::text,
      ${tick.daemonId}::uuid
    where ${known}::text is null or not exists (
      select from perigee.migrations
      where version <> all (string_to_array(${known}::text, ',')::integer[]))
    on conflict (name, scheduled_at) do update
      set state = 'running', started_at = now(), finished_at = null, retry_at = null,
          attempts = run.attempts + 1, daemon_id = excluded.daemon_id,
          error_code = null, error_message = null, error_advice = null
      where ${tick.isRetry} and run.state <> 'succeeded'
    returning run_id::text as "runId", attempts`;
  return row;
}

/** How a run ended. */
export type RunOutcome =
  | { readonly state: "succeeded"; readonly counts: Counts }
  | {
    readonly state: "failed" | "abandoned";
    readonly error: PerigeeError;
    /** Undefined: not tried again; the next tick is the next attempt. */
    readonly retryInMs: number | undefined;
  };

/** Records how a run ended; answers false when another daemon had taken it over. */
export async function finishRun(
  sql: Sql,
  runId: string,
  daemonId: string,
  outcome: RunOutcome,
): Promise<boolean> {
  const failure = outcome.state === "succeeded" ? undefined : outcome;
  const counts = outcome.state === "succeeded" ? outcome.counts : {};
  const rows = await sql`
    update perigee.runs
    set state = ${outcome.state}, finished_at = now(),
        counts = ${JSON.stringify(counts)}::text::jsonb,
        retry_at = now() + ${failure?.retryInMs ?? null}::float8 * interval '1 millisecond',
        error_code = ${failure?.error.code ?? null},
        error_message = ${failure?.error.message ?? null},
        error_advice = ${failure?.error.advice ?? null}
    where run_id = ${runId} and daemon_id = ${daemonId} and state = 'running'
    returning run_id`;
  return rows.length === 1;
}

/**
 * Takes earlier attempts of `name` off the list of what is still to be done, because the run
 * `runId` does their work too. Call it while holding the lease of the name.
 */
export async function supersedeRuns(
  sql: Sql | TransactionSql,
  name: string,
  runId: string,
): Promise<void> {
  await sql`
    update perigee.runs
    set state = case state when 'running' then 'abandoned' else state end,
        finished_at = coalesce(finished_at, now()), retry_at = null
    where name = ${name} and run_id <> ${runId} and (state = 'running' or retry_at is not null)`;
}

/**
 * The ticks that somebody has to take up: their daemon died, or it is time to try them again.
 * Reading them claims nothing; whoever runs one first wins.
 */
export async function findDueRuns(sql: Sql): Promise<Tick[]> {
  const rows = await sql<{ name: string; scheduledAt: Date; cause: RunCause }[]>`
    select run.name, run.scheduled_at as "scheduledAt", run.cause
    from perigee.runs run
    left join perigee.leases lease on lease.name = run.name
    where (run.state = 'running' or run.retry_at <= now())
      and (run.state = 'running' or run.retry_at is not null)
      and (lease.name is null or lease.expires_at < now())
    order by run.scheduled_at`;
  return [...rows];
}

/** Gives up on every unfinished tick of a name that is no longer configured. */
export async function dropDueRuns(sql: Sql, name: string): Promise<void> {
  await supersedeRuns(sql, name, "0");
}

/**
 * When each name last succeeded with all of its work, by name; names that never did are absent. A
 * run of a part of an export (its counts have `partial`) is none of these.
 */
export async function findLastSuccesses(sql: Sql): Promise<Map<string, Date>> {
  const rows = await sql<{ name: string; scheduledAt: Date }[]>`
    select name, max(scheduled_at) as "scheduledAt"
    from perigee.runs where state = 'succeeded' and not counts ? 'partial' group by name`;
  return new Map(rows.map((row) => [row.name, row.scheduledAt]));
}

/**
 * Records a tick that was left out on purpose because the name was still running. Without effect
 * when the tick was claimed; of any number of daemons one records it.
 */
export async function skipRun(sql: Sql, tick: Tick & { readonly daemonId: string }): Promise<void> {
  await sql`
    insert into perigee.runs (name, scheduled_at, cause, daemon_id, state, finished_at, counts)
    values (${tick.name}, ${tick.scheduledAt.toISOString()}, ${tick.cause}, ${tick.daemonId},
      'succeeded', now(), '{"skipped": 1}')
    on conflict (name, scheduled_at) do nothing`;
}

/** A run as it stands in the table, for people to look at. */
export interface RunRecord {
  readonly name: string;
  readonly runId: string;
  readonly state: "running" | "succeeded" | "failed" | "abandoned";
  readonly cause: RunCause;
  readonly scheduledAt: Date;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly counts: Counts;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly errorAdvice: string | null;
}

/** The newest run of each of the names; names that never ran are absent. One index look-up a name. */
export async function findLastRuns(sql: Sql, names: readonly string[]): Promise<RunRecord[]> {
  const rows = await sql<RunRecord[]>`
    select wanted.name, last.run_id::text as "runId", last.state, last.cause,
           last.scheduled_at as "scheduledAt", last.started_at as "startedAt",
           last.finished_at as "finishedAt", last.counts, last.error_code as "errorCode",
           last.error_message as "errorMessage", last.error_advice as "errorAdvice"
    from json_array_elements_text(${JSON.stringify(names)}::text::json) as wanted (name)
    cross join lateral (
      select run_id, state, cause, scheduled_at, started_at, finished_at, counts,
             error_code, error_message, error_advice
      from perigee.runs where runs.name = wanted.name order by run_id desc limit 1
    ) as last`;
  return [...rows];
}

/**
 * Deletes the history of runs that ended longer than `keepMs` ago and answers how many; the last
 * success of each name stays, because it tells what was missed. Any number of daemons may do so.
 */
export async function pruneRuns(sql: Sql, keepMs: number): Promise<number> {
  const rows = await sql`
    delete from perigee.runs
    where finished_at < now() - ${keepMs}::float8 * interval '1 millisecond' and retry_at is null
      and run_id not in (
        select distinct on (name) run_id from perigee.runs
        where state = 'succeeded' and not counts ? 'partial' order by name, scheduled_at desc)
    returning run_id`;
  return rows.length;
}
