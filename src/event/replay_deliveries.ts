import type { Sql } from "postgres";
import {
  countReplay,
  readNow,
  replayBatch,
  type ReplayCount,
  type ReplaySelection,
} from "../hub/replay.ts";
import { deliveriesChannel } from "../hub/sinks.ts";

/** Deliveries per transaction, so that no transaction is long and the daemons begin at once. */
const batchSize = 5_000;

/**
 * Sends dead letters once more (with `includesDelivered` also what was delivered), under the ids that
 * they had. Answers what was chosen, by sink; with `isPreview` that is all it does. Events that were
 * deleted cannot be sent. May be broken off at any time; what was not replayed stays as it was.
 */
export async function replayDeliveries(
  sql: Sql,
  selection: ReplaySelection & { readonly isPreview: boolean },
): Promise<ReplayCount[]> {
  const until = await readNow(sql);
  const counts = await countReplay(sql, selection, until);
  if (selection.isPreview) return counts;
  while (await replayBatch(sql, selection, until, batchSize) > 0) {
    await sql`select pg_notify(${deliveriesChannel}, '')`;
  }
  return counts;
}
