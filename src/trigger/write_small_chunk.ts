import type { Config, TriggerConfig } from "../config/model.ts";
import { hubKeyExpression } from "../connector/contact_key.ts";
import { withReadSettings } from "../connector/read_settings.ts";
import { fetchSourceRows } from "../connector/source_rows.ts";
import { loadSourceShape } from "../connector/source_shape.ts";
import { requireLease } from "../hub/lease.ts";
import type { RunContext } from "../hub/run.ts";
import {
  lockChunks,
  readChunkContacts,
  type StagedRows,
  type TriggerChunk,
  writeChunk,
} from "../hub/trigger_events.ts";
import { addTickCounts } from "../hub/trigger_ticks.ts";
import { describeFailure } from "../postgres/failure.ts";
import { eventRules } from "./event_rules.ts";
import type { TriggerDeps } from "./run_trigger.ts";

/**
 * Most contacts, and most bytes of their rows, that go through this process. Up to so many, opening
 * three sessions for COPY takes longer than all the rest.
 */
const mostContacts = 20;
const mostBytes = 67_108_864;

/** Whether a chunk of so many contacts may be written by `writeSmallChunk`, however long its rows. */
export function isSmallChunk(trigger: TriggerConfig, size: number, config: Config): boolean {
  const bytes = trigger.sources
    .reduce((sum, { source }) => sum + (config.sources.get(source)?.maxContactBytes ?? 0), 0);
  return size <= mostContacts && size * bytes <= mostBytes;
}

/**
 * Writes a chunk of few contacts, as `ChunkWriter` writes large ones, over connections of the pools.
 * Throws a `PerigeeError`; then nothing of the chunk was written.
 */
export async function writeSmallChunk(
  trigger: TriggerConfig,
  chunk: TriggerChunk,
  { lease, signal }: RunContext,
  deps: TriggerDeps,
): Promise<void> {
  const staged: StagedRows[] = [];
  for (const { source } of trigger.sources) {
    staged.push(...await fetchRows(source, chunk, signal, deps));
  }
  const rules = eventRules(trigger, deps.config);
  await deps.hub.lend(signal, (connection) =>
    connection.begin(async (sql) => {
      await requireLease(sql, lease);
      await lockChunks(sql);
      const { chunks, ...counts } = await writeChunk(sql, chunk, rules, staged);
      if (chunks === 1) await addTickCounts(sql, chunk, counts);
    }));
}

async function fetchRows(
  name: string,
  chunk: TriggerChunk,
  signal: AbortSignal,
  { config, hub, connectors }: TriggerDeps,
): Promise<StagedRows[]> {
  const source = config.sources.get(name);
  if (source === undefined) throw new Error(`there is no source ${name}`);
  const connector = connectors.require(source.connector);
  const keyExpression = hubKeyExpression(connector.key.field, "c");
  const contacts = await readChunkContacts(hub.sql, chunk, keyExpression);
  if (contacts.length === 0) return [];
  const pool = connectors.pool(connector.name);
  try {
    const found = await pool.lend(signal, async (sql) => {
      const shape = await loadSourceShape(sql, source, connector);
      const keys = contacts.map((contact) => contact.key);
      return await withReadSettings(
        sql,
        pool.target,
        (reading) => fetchSourceRows(reading, shape, keys),
      );
    });
    return contacts.flatMap(({ contactId }, index) => {
      const { json: rows = "[]", ...counts } = found[index] ?? { found: 0, kept: 0, tooLong: 0 };
      return counts.found === 0 ? [] : [{ sourceId: source.id, contactId, rows, ...counts }];
    });
  } catch (error) {
    signal.throwIfAborted();
    throw describeFailure(error, { doing: `read source ${name}`, target: pool.target });
  }
}
