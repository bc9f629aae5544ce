import type { Sql } from "postgres";
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

/**
 * Records that a run begins and answers its id, or undefined when this tick was claimed before:
 * (name, scheduled_at) is unique, so of any number of daemons one wins each tick.
 */
export async function insertRun(
  sql: Sql,
  run: { name: string; scheduledAt: Date; cause: RunCause; daemonId: string },
): Promise<string | undefined> {
  const [row] = await sql<{ runId: string }[]>`
    insert into perigee.runs (name, scheduled_at, cause, daemon_id)
    values (${run.name}, ${run.scheduledAt.toISOString()}, ${run.cause}, ${run.daemonId})
    on conflict (name, scheduled_at) do nothing
    returning run_id::text as "runId"`;
  return row?.runId;
}

/** Records how a run ended; answers false when it had already ended (it was taken over). */
export async function finishRun(
  sql: Sql,
  runId: string,
  outcome:
    | { state: "succeeded" | "skipped"; counts: Counts }
    | { state: "failed"; counts: Counts; error: PerigeeError },
): Promise<boolean> {
  const error = outcome.state === "failed" ? outcome.error : undefined;
  const rows = await sql`
    update perigee.runs
    set state = ${outcome.state}, finished_at = now(), counts = ${
    JSON.stringify(outcome.counts)
  }::text::jsonb,
        error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null},
        error_advice = ${error?.advice ?? null}
    where run_id = ${runId} and state = 'running'
    returning run_id`;
  return rows.length === 1;
}

/**
 * Marks the runs of `name` that no living daemon works on as abandoned and answers their ids.
 * Call it while holding the lease of `name`: then every other running row of it is a dead one.
 */
export async function abandonRuns(sql: Sql, name: string, exceptRunId: string): Promise<string[]> {
  const rows = await sql<{ runId: string }[]>`
    update perigee.runs
    set state = 'abandoned', finished_at = now(), error_code = 'PG411',
        error_message = 'the daemon that ran this stopped before it was finished',
        error_advice = 'nothing to do: the next run goes on where it stopped'
    where name = ${name} and state = 'running' and run_id <> ${exceptRunId}
    returning run_id::text as "runId"`;
  return rows.map((row) => row.runId);
}
