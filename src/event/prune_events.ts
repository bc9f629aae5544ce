import type { Sql } from "postgres";
import type { RetentionConfig } from "../config/model.ts";
import { pruneDelivered } from "../hub/deliveries.ts";
import { giveUpRemovedSinks } from "../hub/removed_sinks.ts";
import { pruneFinishedTicks, pruneOldEvents } from "../hub/event_retention.ts";

/** Rows per transaction: short locks, and autovacuum keeps up. */
const batchSize = 1_000;

/** Rows of each kind that one call deletes at most; the next call goes on. */
const mostBatches = 1_000;

/**
 * Deliveries of a sink that was in no configuration for so long are given up, ms: a mistake in a
 * configuration, or a deployment that is half through, is noticed within a day.
 */
export const removedSinkMs = 86_400_000;

/** What was deleted, or given up, in rows. */
export interface Pruned {
  readonly deliveries: number;
  readonly events: number;
  readonly ticks: number;
  /** Deliveries that became dead letters because nobody has their sink any more. */
  readonly orphaned: number;
}

/**
 * Deletes what the retention of the configuration lets go: delivered deliveries, finished ticks and,
 * where a retention is set, events that nothing waits to deliver. Deliveries to sinks that are in no
 * configuration any more become dead letters. Dead letters stay until they are
 * replayed or their event goes. In small transactions; ends early when `signal` aborts. Any number
 * of daemons may do it at once.
 */
export async function pruneEvents(
  sql: Sql,
  retention: RetentionConfig,
  signal: AbortSignal,
): Promise<Pruned> {
  const drain = async (prune: (limit: number) => Promise<number>) => {
    let total = 0;
    for (let batch = 0; batch < mostBatches && !signal.aborted; batch++) {
      const deleted = await prune(batchSize);
      total += deleted;
      if (deleted < batchSize) break;
    }
    return total;
  };
  const { eventsMs } = retention;
  return {
    deliveries: await drain((limit) => pruneDelivered(sql, retention.deliveriesMs, limit)),
    events: eventsMs === undefined
      ? 0
      : await drain((limit) => pruneOldEvents(sql, eventsMs, limit)),
    orphaned: await drain((limit) => giveUpRemovedSinks(sql, removedSinkMs, limit)),
    ticks: await drain((limit) => pruneFinishedTicks(sql, retention.runsMs, limit)),
  };
}
