import type { Config, TriggerConfig } from "../config/model.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import type { RunContext } from "../hub/run.ts";
import { requireLease } from "../hub/lease.ts";
import {
  addTickCounts,
  dropRepeats,
  findChunks,
  findUnfinishedTicks,
  finishTick,
  planTick,
  readTickCounts,
  type TickRules,
  type TriggerTick,
} from "../hub/trigger_ticks.ts";
import type { Counts } from "../observe/observation.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { ChunkWriter } from "./chunk_writer.ts";
import { isSmallChunk, writeSmallChunk } from "./write_small_chunk.ts";

/** What a trigger's run works with. */
export interface TriggerDeps {
  readonly config: Config;
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
}

/**
 * Most contacts per chunk: one read of each source and one hub transaction. Halved, a source without
 * an index on its key is scanned twice as often; doubled, a crash repeats twice as much work and a
 * chunk of large rows takes twice the hub's temporary space.
 */
export const chunkSize = 50_000;

/**
 * One tick of a trigger: one event for each member of its segment whom the repeat rule lets through,
 * with the deliveries to its sinks (G5). The segment must have been evaluated before.
 *
 * The tick is planned once and then written chunk by chunk, each in one hub transaction that checks
 * the lease; whoever runs the same tick again goes on with the chunks that are left and answers the
 * counts of the whole tick. Throws `PerigeeError`s: PG410 when the run was taken over, PG79x when a
 * source is not as configured, PG2xx when a database refuses or is away. What was written stays.
 */
export async function runTrigger(
  trigger: TriggerConfig,
  context: RunContext,
  deps: TriggerDeps,
): Promise<Counts> {
  const tick = { trigger: trigger.name, scheduledAt: context.scheduledAt.toISOString() };
  try {
    const isNew = await planOnce(trigger, tick, context, deps);
    await writeTick(trigger, tick, isNew, context, deps);
    return await readTickCounts(deps.hub.sql, tick);
  } catch (error) {
    throw describeFailure(error, { doing: `run ${context.name}`, target: deps.hubTarget });
  }
}

/** Answers whether the tick had not been planned before. */
async function planOnce(
  trigger: TriggerConfig,
  tick: TriggerTick,
  { lease }: RunContext,
  { hub, config }: TriggerDeps,
): Promise<boolean> {
  const rules = tickRules(trigger, config);
  return await hub.sql.begin(async (sql) => {
    await requireLease(sql, lease);
    const plan = await planTick(sql, tick, rules);
    if (plan === undefined) return false;
    const { members, due } = plan;
    const skipped = { skipped_repeat: members - due };
    await addTickCounts(sql, tick, { members, ...skipped, events: 0, deliveries: 0 });
    return true;
  }) as boolean;
}

/** What planning has to know of a trigger; its segment is one of the checked configuration's. */
export function tickRules(trigger: TriggerConfig, config: Config): TickRules {
  const segment = config.segments.get(trigger.segment);
  if (segment === undefined) throw new Error(`there is no segment ${trigger.segment}`);
  const { repeat, enteringOnly } = trigger;
  return { segmentId: segment.id, repeat, enteringOnly, chunkSize };
}

/**
 * Writes what is left of the tick. What is left of earlier ticks, whose runs failed for good, comes
 * first with `catch_up: all`, so that a contact gets its events in order; otherwise this tick takes
 * their place.
 */
async function writeTick(
  trigger: TriggerConfig,
  tick: TriggerTick,
  isNew: boolean,
  context: RunContext,
  deps: TriggerDeps,
): Promise<void> {
  const { sql } = deps.hub;
  const earlier = await findUnfinishedTicks(sql, tick);
  const isWritten = trigger.catchUp === "all";
  for (const scheduledAt of isWritten ? [] : earlier) {
    await endTick({ ...tick, scheduledAt }, context, deps);
  }
  const ticks = [...(isWritten ? earlier : []), tick.scheduledAt]
    .map((scheduledAt) => ({ ...tick, scheduledAt }));
  const isFresh = isNew && ticks.length === 1;
  let writer: ChunkWriter | undefined;
  try {
    for (const each of ticks) {
      if (!isFresh) await leaveOutRepeats(trigger, each, context, deps);
      const chunks = await findChunks(sql, each);
      if (chunks.every(({ size }) => isSmallChunk(trigger, size, deps.config))) {
        for (const { chunkNo } of chunks) {
          context.signal.throwIfAborted();
          await writeSmallChunk(trigger, { ...each, chunkNo }, context, deps);
        }
      } else {
        writer ??= await ChunkWriter.open(trigger, context, deps);
        await writer.write(chunks.map(({ chunkNo }) => ({ ...each, chunkNo })));
      }
      await endTick(each, context, deps);
    }
  } finally {
    await writer?.close();
  }
}

/** Another tick may have been written since this one was planned. */
async function leaveOutRepeats(
  trigger: TriggerConfig,
  tick: TriggerTick,
  { lease }: RunContext,
  { hub, config }: TriggerDeps,
): Promise<void> {
  const rules = tickRules(trigger, config);
  if (rules.repeat.kind === "every_run" && !rules.enteringOnly) return;
  await hub.sql.begin(async (sql) => {
    await requireLease(sql, lease);
    const dropped = await dropRepeats(sql, tick, rules);
    if (dropped > 0) await addTickCounts(sql, tick, { skipped_repeat: dropped });
  });
}

async function endTick(
  tick: TriggerTick,
  { lease }: RunContext,
  { hub }: TriggerDeps,
): Promise<void> {
  await hub.sql.begin(async (sql) => {
    await requireLease(sql, lease);
    const dropped = await finishTick(sql, tick);
    if (dropped > 0) await addTickCounts(sql, tick, { dropped });
  });
}
