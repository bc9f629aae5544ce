import type { Sql } from "postgres";

import { waitFor } from "./wait.ts";

/** Constant of the advisory lock for which statements of tests wait. */
export const heldLock = 4_711;

/** An advisory lock of its database that somebody else holds. */
export interface HeldLock {
  /** Waits until a session of that name waits for the lock with `pg_advisory_xact_lock(4711)`. */
  untilAwaited(applicationName: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the lock in a session of the pool's, so that a statement that asks for it runs for exactly
 * as long as the test wants.
 */
export async function holdLock(sql: Sql): Promise<HeldLock> {
  const holder = await sql.reserve();
  await holder`select pg_advisory_lock(${heldLock})`;
  return {
    untilAwaited: async (applicationName) => {
      await waitFor(`${applicationName} to wait for the lock`, async () => {
        const [row] = await holder`select 1 from pg_stat_activity
          where application_name = ${applicationName} and datname = current_database()
            and wait_event_type = 'Lock'`;
        return row;
      });
    },
    release: async () => {
      await holder`select pg_advisory_unlock(${heldLock})`;
      holder.release();
    },
  };
}
